#include "ledger.h"

namespace postgres {

Ledger::Ledger(std::string name, const std::string& lock) {
  if (!name.empty() && name.find('.') == name.npos) name.insert(0, "public.");
  if (!name.empty()) table_ = quote_identifier(name);
  lock_ = "pg_catalog.hashtextextended(" + quote_literal(lock) + ", 0)";
}

bool Ledger::is_there(Client& client) const {
  return client.value("SELECT to_regclass(" + quote_literal(table_) + ") IS NOT NULL") == "t";
}

std::vector<LedgerRow> Ledger::read(Client& client, std::int64_t wait_ms) const {
  // Once the lock was got, whoever migrated is done; the rows are read after that.
  const Answer there = client.ask("SELECT to_regclass(" + quote_literal(table_) + ") IS NOT NULL",
                                  wait_ms, take_lock());
  if (there.refusal) throw sr::Unknown(there.refusal->code, there.refusal->text);
  std::vector<LedgerRow> rows;
  if (there.rows != Rows{{"t"}}) return rows;
  for (const Row& row :
       client.query("SELECT name, sha256, key FROM " + table_ + " ORDER BY applied_at, name")) {
    if (row.size() == 3) rows.push_back({row[0], row[1], row[2]});
  }
  return rows;
}

std::string Ledger::take_lock() const {
  return "SELECT pg_catalog.pg_advisory_xact_lock(" + lock_ + ");\n";
}

std::string Ledger::take_session_lock() const {
  return "SELECT pg_catalog.pg_advisory_lock(" + lock_ + ");\n";
}

std::string Ledger::create() const {
  return "CREATE TABLE IF NOT EXISTS " + table_ +
         " (name text PRIMARY KEY, sha256 text NOT NULL, run text NOT NULL, key text NOT NULL,"
         " applied_at timestamptz NOT NULL DEFAULT clock_timestamp());\n";
}

std::string Ledger::insert(const SqlFile& file, std::string_view run, std::string_view key) const {
  return "INSERT INTO " + table_ + " (name, sha256, run, key) VALUES (" + quote_literal(file.name) +
         ", " + quote_literal(file.sha256) + ", " + quote_literal(run) + ", " + quote_literal(key) +
         ");\n";
}

std::string Ledger::erase(const SqlFile& file, std::string_view key) const {
  return "DELETE FROM " + table_ + " WHERE name = " + quote_literal(file.name) +
         " AND key = " + quote_literal(key) + ";\n";
}

std::string Ledger::exists(const SqlFile& file, std::string_view key) const {
  return "SELECT EXISTS (SELECT FROM " + table_ + " WHERE name = " + quote_literal(file.name) +
         (key.empty() ? "" : " AND key = " + quote_literal(key)) + ")";
}

std::string Ledger::drop_empty() const {
  return "SELECT NOT EXISTS (SELECT FROM " + table_ +
         ") AS stagerun_empty \\gset\n\\if :stagerun_empty\nDROP TABLE " + table_ + ";\n\\endif\n";
}

}  // namespace postgres
