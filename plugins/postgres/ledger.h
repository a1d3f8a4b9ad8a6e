// Ledger: the table in the database that says which files were applied, by which run. Its rows are
// written in the transaction of the file that they speak of, so what it says is so.
#pragma once

#include <vector>

#include "client.h"
#include "plan_files.h"

namespace postgres {

struct LedgerRow {
  std::string name{};
  std::string sha256{};
  std::string key{};  // the stage's, of the run that applied it
};

class Ledger {
 public:
  // `name` as configured; without a schema, public. Empty: there is none.
  Ledger(std::string name, const std::string& lock);

  bool is_used() const { return !table_.empty(); }
  // Quoted.
  const std::string& table() const { return table_; }

  // All rows, oldest first; none where the table is not there. Waits for whoever migrates right
  // now, so that what it reads is final.
  std::vector<LedgerRow> read(Client& client, std::int64_t wait_ms) const;
  bool is_there(Client& client) const;

  // SQL that waits for the lock, until the transaction ends.
  std::string take_lock() const;
  // The same, until the session ends.
  std::string take_session_lock() const;
  std::string create() const;
  std::string insert(const SqlFile& file, std::string_view run, std::string_view key) const;
  std::string erase(const SqlFile& file, std::string_view key) const;
  // True where a row for that file is there (of that key, where one is given).
  std::string exists(const SqlFile& file, std::string_view key = "") const;
  // Removes the table where nothing stands in it.
  std::string drop_empty() const;

 private:
  std::string table_;
  std::string lock_;
};

}  // namespace postgres
