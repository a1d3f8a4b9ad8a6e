// What goes through the door to SQLite: plain C, so that it is the same for every build.
#pragma once

#include <cstddef>

namespace stagerun::rehearsal {

// Is called for each row, and says whether there may be another.
using TakeRow = bool (*)(void* taker, const char* bytes, std::size_t size);

// What stagerun-sqlite.so exports. Opens the database (and recovers it: let it be a copy), and
// gives all that it means: two numbers of its header, its schema, and every row of every table with
// its table's name and its values' types. In no order. False where it is broken, or there is too
// much.
inline constexpr const char* kDumpSqlite = "stagerun_dump_sqlite";
using DumpSqlite = bool (*)(const char* file, TakeRow take, void* taker);

}  // namespace stagerun::rehearsal
