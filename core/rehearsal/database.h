// Databases by what they mean: SQLite files that were vacuumed, checkpointed or filled in another
// order are the same where every row is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace stagerun::rehearsal {

// Whether the file begins as a SQLite database does.
Result<bool> is_database(const std::filesystem::path& file);

// Stands for all that is in it, with what waits in its -wal or is taken back by its -journal. None
// where it is broken or larger than can be looked through. Changes nothing and leaves nothing: a
// private copy is opened. Nobody may be writing to the file.
Result<std::optional<std::string>> database_digest(const std::filesystem::path& file);

// Whether the path is what SQLite keeps beside a database, and if so of which.
std::optional<std::string> database_beside(const std::string& path);

}  // namespace stagerun::rehearsal
