// The door to SQLite, and all of stagerun-sqlite.so. A database is hostile until looked at: its
// schema may call nothing that does more than work out a value, and no value may be huge.
#include "core/rehearsal/sqlite_dump.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <sqlite3.h>

#include "core/base/limits.h"

namespace stagerun::rehearsal {
namespace {

struct Closing {
  void operator()(sqlite3* database) const { ::sqlite3_close(database); }
  void operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
  void operator()(char* text) const { ::sqlite3_free(text); }
};
using Database = std::unique_ptr<sqlite3, Closing>;
using Statement = std::unique_ptr<sqlite3_stmt, Closing>;

// Statistics (https://www.sqlite.org/fileformat2.html#stat1tab) are made from what is there.
constexpr const char* kSchema =
    "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_stat_' "
    "ESCAPE '\\'";
// A virtual table has no rows of its own; the tables that it keeps them in are listed too.
constexpr const char* kTables =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_stat_' "
    "ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'";

void append_sized(std::string& row, const void* bytes, int size) {
  row += std::to_string(size) + ":";
  if (size > 0) row.append(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

void append_value(std::string& row, sqlite3_stmt* statement, int column) {
  const int type = ::sqlite3_column_type(statement, column);
  row += std::to_string(type) + "/";
  if (type == SQLITE_NULL) return;
  if (type == SQLITE_FLOAT) {  // as text it would be rounded
    const double number = ::sqlite3_column_double(statement, column);
    append_sized(row, &number, sizeof number);
    return;
  }
  const void* const bytes =
      type == SQLITE_BLOB ? ::sqlite3_column_blob(statement, column)
                          : static_cast<const void*>(::sqlite3_column_text(statement, column));
  append_sized(row, bytes, ::sqlite3_column_bytes(statement, column));
}

class Dump {
 public:
  Dump(sqlite3* database, TakeRow take, void* taker)
      : database_(database), take_(take), taker_(taker) {}

  bool whole() {
    return rows_of("user_version", "PRAGMA user_version") &&
           rows_of("application_id", "PRAGMA application_id") && rows_of("schema", kSchema) &&
           tables();
  }

 private:
  Statement prepare(const char* sql) const {
    sqlite3_stmt* raw = nullptr;
    ::sqlite3_prepare_v2(database_, sql, -1, &raw, nullptr);
    return Statement(raw);
  }

  bool rows_of(std::string_view what, const char* sql) {
    const Statement statement = prepare(sql);
    if (!statement) return false;
    int status = ::sqlite3_step(statement.get());
    for (; status == SQLITE_ROW; status = ::sqlite3_step(statement.get())) {
      row_.clear();
      append_sized(row_, what.data(), static_cast<int>(what.size()));
      const int columns = ::sqlite3_column_count(statement.get());
      for (int column = 0; column < columns; ++column) append_value(row_, statement.get(), column);
      if (!take_(taker_, row_.data(), row_.size())) return false;
    }
    return status == SQLITE_DONE;
  }

  bool tables() {
    const Statement statement = prepare(kTables);
    if (!statement) return false;
    int status = ::sqlite3_step(statement.get());
    for (; status == SQLITE_ROW; status = ::sqlite3_step(statement.get())) {
      const auto* name = reinterpret_cast<const char*>(::sqlite3_column_text(statement.get(), 0));
      const std::unique_ptr<char, Closing> sql(
          ::sqlite3_mprintf("SELECT * FROM main.\"%w\"", name));
      if (!sql || !rows_of(std::string("table ") + name, sql.get())) return false;
    }
    return status == SQLITE_DONE;
  }

  sqlite3* database_;
  TakeRow take_;
  void* taker_;
  std::string row_;
};

Database open(const char* file) {
  sqlite3* raw = nullptr;
  const int status = ::sqlite3_open_v2(file, &raw, SQLITE_OPEN_READWRITE, nullptr);
  Database database(raw);
  if (status != SQLITE_OK) return nullptr;
  ::sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  ::sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  ::sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, limits::kDatabaseValueBytes);
  return database;
}

}  // namespace
}  // namespace stagerun::rehearsal

extern "C" __attribute__((visibility("default"))) bool stagerun_dump_sqlite(
    const char* file, stagerun::rehearsal::TakeRow take, void* taker) {
  const auto database = stagerun::rehearsal::open(file);
  return database && stagerun::rehearsal::Dump(database.get(), take, taker).whole();
}
