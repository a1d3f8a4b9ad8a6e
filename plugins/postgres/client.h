// Client: runs PostgreSQL's own programs against one database, and reads from it.
//
// What the manifest calls a read begins with an argv that is used for nothing else: psql with
// `--set=stagerun=read` is only ever given a transaction that is READ ONLY.
#pragma once

#include "connection.h"
#include "rows.h"

namespace postgres {

#define POSTGRES_READS                                                            \
  R"("reads": [["psql", "-X", "--set=stagerun=read"], ["pg_dump", "--version"],)" \
  R"(["pg_dump", "--format=custom", "--no-password"], ["pg_restore", "--list"],)" \
  R"(["pg_restore", "--file=/dev/null"]])"

// An SQL error, or no connection.
struct Refusal {
  std::string code{};  // "postgres.connect", "postgres.sql"
  std::string text{};  // the server's own words
};

struct Answer {
  Rows rows{};
  std::optional<Refusal> refusal{};
};

class Client {
 public:
  Client(sr::Call& call, Connection connection);

  const Connection& connection() const { return connection_; }
  sr::Call& call() const { return call_; }

  // One statement in a transaction that is READ ONLY. `before` stands in the same transaction.
  Answer ask(const std::string& sql, std::int64_t timeout_ms, const std::string& before = "");
  // The same; throws Failed where it is refused.
  Rows query(const std::string& sql);
  std::string value(const std::string& sql);

  // As in `SHOW server_version_num`: 150018.
  int server_version();
  // Finds a pg_dump and a pg_restore that are not older than the server. Throws Failed where there
  // are none. Gives back the version of pg_dump.
  std::string find_dump_tools();

  // A request for a program: where it looks for the database, what it inherits.
  sr::ProcessRequest request(std::vector<std::string> argv, std::string purpose,
                             std::string id = "") const;
  // psql that runs a file of the scratch folder, and stops at the first error. A write.
  sr::ProcessRequest script(const std::string& scratch_name, std::string purpose,
                            std::string id) const;

 private:
  std::optional<std::string> dump_version(const std::string& path);

  sr::Call& call_;
  Connection connection_;
  std::string path_;  // PATH for the programs; empty: stagerun's own
  int server_version_ = 0;
};

// What psql or a tool said in the end, for a person: its last error, one line.
std::string last_error(const std::string& tail);
// Why psql ended so.
Refusal explain(const Connection& connection, const sr::Exit& exit);

std::string scratch_path(const sr::Call& call, const std::string& name);
// Throws Failed where it is not there or larger than `most`.
std::string read_scratch(const sr::Call& call, const std::string& name, std::size_t most);
void write_scratch(const sr::Call& call, const std::string& name, const std::string& text);

// "15.18" of 150018; "9.6" of 90624.
std::string version_text(int number);

}  // namespace postgres
