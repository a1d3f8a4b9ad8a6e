// Plan files: the SQL files that a stage names, copied into the scratch folder, so that what was
// looked at is what runs; and what is wrong with them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <stagerun/stagerun.hpp>

namespace postgres {

enum class Mode { all, file, none };

Mode mode_of(const sr::Call& call);

struct SqlFile {
  std::string name;    // its path in the workspace
  std::string sha256;  // known once it was kept
  std::string kept;    // its name in the scratch folder
};

// The files at a place of the configuration ("/files", "/undo"): as they stand there, patterns
// (only after the last slash) spread out and sorted. Throws Failed where a pattern fits nothing.
std::vector<SqlFile> name_files(const sr::Call& call, const char* pointer);

// Copies them into the scratch folder; their digests are the host's.
void keep_files(sr::Call& call, std::vector<SqlFile>& files, const std::string& prefix);

// What keeps a file from being run, with its line, or nothing.
std::optional<std::string> find_fault(std::string_view sql, Mode mode);
// The statements that take away what nothing but a backup brings back: "line 3: DROP TABLE ...".
std::vector<std::string> find_destructive(std::string_view sql);

// A file's text: of the workspace, or an absolute path. Nothing where there is none.
std::optional<std::string> read_text(const std::string& path);

// Diagnoses the files as far as they are there already.
void diagnose_files(sr::Call& call, const char* pointer);

}  // namespace postgres
