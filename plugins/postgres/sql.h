// Sql: SQL text taken apart as psql does it, as far as needed to see what a file would do to its
// transaction and to data. What stands in literals and in function bodies is not looked into. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postgres {

struct Statement {
  std::string words;  // in upper case, one blank between; literals are '', comments gone
  int line = 0;       // where it begins
};

struct Script {
  std::vector<Statement> statements;
  std::vector<Statement> commands;  // psql's own (\gset), as they stand
};

Script read_script(std::string_view text);

// Why the statement cannot stand in a transaction that is not its own; nothing where it can.
std::optional<std::string> breaks_transaction(const Statement& statement);

// True where it takes away what nothing but a backup brings back.
bool destroys(const Statement& statement);

// True where it only asks: SELECT, WITH, VALUES, TABLE, SHOW, EXPLAIN.
bool asks(const Statement& statement);

// A psql command that only prints, or that pg_dump writes.
bool is_harmless(const Statement& command);

}  // namespace postgres
