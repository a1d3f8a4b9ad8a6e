// Snapshot: the scripts (alembic.ini and what it names) as they are when the upgrade begins, kept
// in the stage's scratch folder, so that the way back works after the code was reverted.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace alembic {

// One folder of scripts: script_location, or one of version_locations.
struct ScriptFolder {
  std::filesystem::path place;
  std::vector<std::pair<std::string, std::string>> files;  // path in the folder and bytes, sorted
};

struct ScriptSet {
  std::filesystem::path ini_folder;  // what %(here)s means
  std::string ini;
  std::string section;
  std::vector<ScriptFolder> folders;  // script_location first
  std::string separator;              // between version_locations

  // SHA-256 over each file's path, size and bytes.
  std::string digest() const;
};

struct ReadScripts {
  std::optional<ScriptSet> set;
  std::string why_not;  // they cannot be kept
};

// `ini` is absolute; `cwd` is what script_location is relative to; nothing outside the workspace is
// read.
ReadScripts read_scripts(const std::filesystem::path& workspace, const std::filesystem::path& cwd,
                         const std::filesystem::path& ini, const std::string& section);

// Puts it into `folder`, in place of a former one. An error text, or nothing where all is
// written.
std::string write_snapshot(const ScriptSet& set, const std::filesystem::path& folder);

// The digest of what stands in `folder`; nothing where it is not whole.
std::optional<std::string> snapshot_digest(const std::filesystem::path& folder);

// The file for ALEMBIC_CONFIG.
std::filesystem::path snapshot_config(const std::filesystem::path& folder);

}  // namespace alembic
