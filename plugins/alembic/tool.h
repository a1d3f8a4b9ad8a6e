// Tool: alembic itself, called through the host.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph.h"
#include "settings.h"
#include "sql.h"

namespace alembic {

// Where alembic finds its scripts.
struct Scripts {
  std::string config;       // as ALEMBIC_CONFIG takes it
  std::string python_path;  // empty: as it is
};

// What it printed and how it ended.
struct Output {
  sr::Exit exit;
  std::vector<std::string> out;
  std::vector<std::string> err;
  bool cut = false;  // it printed more than is kept
};

// Why it failed, in its own words.
struct Problem {
  std::string text;
  std::string details;           // the rest of what it said, for the hint
  std::string unknown_revision;  // that the database is at
  std::string sql;               // the statement that failed, where it says so
};
Problem read_problem(const Output& output);

// The database is at a revision that the scripts do not have.
class UnknownRevision : public sr::Failed {
 public:
  using sr::Failed::Failed;
};

class Tool {
 public:
  Tool(sr::Call& call, const Settings& settings, Scripts scripts)
      : call_(call), settings_(settings), scripts_(std::move(scripts)) {}

  // Reads, in every verb.
  Graph history();
  Ids current(const Graph& graph);
  // The SQL between two revisions. Nothing where alembic cannot say it without a database; then
  // why_not() tells.
  std::optional<SqlPreview> preview(const std::string& direction, const std::string& from,
                                    const std::string& to);
  const std::string& why_not() const { return why_not_; }

  // Writes. `expected` revisions are reported as they come.
  Output upgrade(const std::string& target, std::size_t expected);
  Output downgrade(const std::string& target, const std::string& id);

 private:
  sr::ProcessRequest request(const std::vector<std::string>& words) const;
  Output run(sr::ProcessRequest request, std::size_t expected);
  Output read(const std::vector<std::string>& words, const char* purpose);

  sr::Call& call_;
  const Settings& settings_;
  Scripts scripts_;
  std::string why_not_;
};

}  // namespace alembic
