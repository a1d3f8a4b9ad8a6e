// Graph: the revisions of the scripts and how they hang together, as `alembic history` lists them.
// Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace alembic {

using Ids = std::set<std::string>;

struct Revision {
  std::string id;
  std::vector<std::string> parents;  // none: it is a base
  std::vector<std::string> depends;  // as written: ids, parts of ids, labels
  std::vector<std::string> labels;
  std::string message;
};

class Graph {
 public:
  // Children come before their parents.
  void add(Revision revision);

  bool is_empty() const { return order_.empty(); }
  const Revision* find(const std::string& id) const;
  // What alembic calls heads: revisions that no other one follows.
  Ids heads() const;
  // An id, or as much of one as no other id begins with; nothing where it is unknown or unclear.
  std::optional<std::string> resolve(const std::string& text) const;

  // These and all that must be there before them.
  Ids closure(const Ids& ids) const;
  // What `alembic current` shows of a database in which these are applied.
  Ids shown(const Ids& applied) const;
  // Parents before children.
  std::vector<std::string> in_order(const Ids& ids) const;

  // The arguments of `alembic downgrade`, one after the other, that lead from these applied
  // revisions to exactly those wanted. Nothing where there is no such way.
  std::optional<std::vector<std::string>> way_back(Ids applied, const Ids& wanted) const;

 private:
  struct Command {
    std::string target;
    Ids dropped;
  };

  std::vector<std::string> needs(const Revision& revision) const;
  Ids children_of(const std::string& parent) const;
  Ids ancestors_of(const std::string& id) const;
  Ids with_dependents(const Ids& roots, const Ids& applied) const;
  std::vector<Command> commands_for(const std::string& root, const Ids& applied) const;

  std::map<std::string, Revision> revisions_;
  std::vector<std::string> order_;  // as added
};

// Reads one line of `alembic history`; nothing where it is another line.
std::optional<Revision> read_history_line(std::string_view line);

// "a, b" or "base" where there are none.
std::string to_text(const Ids& ids);

}  // namespace alembic
