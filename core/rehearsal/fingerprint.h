// Fingerprint: what a folder holds, by meaning, and how two of them differ. Times, owners, the size
// of a database's free space and who wrote first are no part of it.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/model/rehearsal.h"
#include "core/rehearsal/tree.h"

namespace stagerun::rehearsal {

struct Thing {
  enum class Kind { file, database, link, folder, socket, pipe, device };
  Kind kind = Kind::file;
  // The SHA-256 of a file's bytes or of a database's rows, a link's target; else "".
  std::string content;
  bool executable = false;  // by its owner; of files and databases

  friend bool operator==(const Thing&, const Thing&) = default;
};

// By path from the folder.
using Fingerprint = std::map<std::string, Thing>;

// Without `left_out`, a path from the folder. Follows no link and changes nothing. A database with
// what SQLite keeps beside it is one thing; a broken one is the files that it consists of. Nobody
// may be writing there. An error names what cannot be read.
Result<Fingerprint> look_at(const std::filesystem::path& folder,
                            const std::filesystem::path& left_out, const TreeLimits& most = {});

// The same with the run's name as RUN, in paths and in what links lead to: two runs of one pipeline
// leave the same.
Fingerprint with_run_named(const Fingerprint& fingerprint, std::string_view run_id);

// By path. What became something else has vanished, and the other has appeared.
std::vector<Difference> differences(const Fingerprint& before, const Fingerprint& after);

}  // namespace stagerun::rehearsal
