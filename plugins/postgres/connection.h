// Connection: which database a stage means, as the variables that libpq reads. A password is a
// handle, and stands in PGPASSWORD only.
#pragma once

#include <string>

#include <stagerun/stagerun.hpp>

namespace postgres {

// The keys of a connection, for the schema of every stage.
#define POSTGRES_CONNECTION_KEYS                                                  \
  R"("url": {"type": "string"}, "host": {"type": "string"},)"                     \
  R"("port": {"type": "integer", "minimum": 1, "maximum": 65535},)"               \
  R"("database": {"type": "string"}, "user": {"type": "string"},)"                \
  R"("password": {"type": "string"}, "passfile": {"type": "string"},)"            \
  R"("service": {"type": "string"},)"                                             \
  R"("sslmode": {"enum": ["disable", "allow", "prefer", "require", "verify-ca",)" \
  R"("verify-full"]}, "connect_timeout": {"type": "string"}, "bin": {"type": "string"})"

struct Connection {
  sr::Json env = sr::Json::object();
  std::string database{};  // empty: the service's file knows
  std::string name{};      // for people: "app at db.example:5432 as keeper"
};

// `place` is "" or the pointer of the table that holds the keys: "/other". Asks about secrets.
Connection read_connection(sr::Call& call, const std::string& place = "");
// The same server, another database.
Connection with_database(Connection connection, const std::string& database);

// Says what contradicts itself or would show a password. Values not known yet are left alone.
void diagnose_connection(sr::Call& call, const std::string& place = "");

// A text with an expression in it whose value is not known yet.
inline bool is_open(std::string_view text) { return text.find("${{") != text.npos; }

// The duration at that place in milliseconds; `fallback_ms` where there is none.
std::int64_t duration_at(const sr::Call& call, const char* pointer, std::int64_t fallback_ms);
void diagnose_duration(sr::Call& call, const char* pointer);

}  // namespace postgres
