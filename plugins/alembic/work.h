// Work: what apply, verify and rollback share: which scripts count, and where the database is.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "snapshot.h"
#include "state.h"
#include "tool.h"

namespace alembic {

// Where things are.
struct Places {
  explicit Places(const sr::Call& call, const Settings& settings);

  std::filesystem::path workspace, cwd, ini, copy;
  // The scripts as they stand in the workspace.
  Scripts own;
  // Those in the scratch folder; `how` as State::copy has it.
  Scripts kept(const std::string& how) const;
};

// The scripts that the run went by: the workspace's own while they are the same, else the copy.
Scripts chosen_scripts(sr::Call& call, const Settings& settings, const State& state);

// The revision to go to. Throws Failed where the scripts have no such one, or several heads.
std::string find_target(const Graph& graph, const Settings& settings);

// The database and the way that the stage wants it to go.
struct Route {
  Graph graph;
  Ids base;                          // shown, before
  std::string target;                //
  Ids before, after;                 // all that is applied, before and after
  std::vector<std::string> pending;  // parents first

  Route(Graph graph, Ids base, std::string target);
  Ids goal() const { return graph.shown(after); }
  bool is_at_goal(const Ids& now) const { return now == goal(); }
  // Neither behind where it began nor beyond where it was to go.
  bool is_on_the_way(const Ids& now) const;
  std::size_t applied_at(const Ids& now) const;
};

// Nothing is pending: throws Failed where the database has gone past an older target.
void refuse_if_beyond(const Route& route);

void set_outputs(const sr::Call& call, const Route& route, const Ids& now,
                 const std::string& digest);

// The revision of which an upgrade that stopped at `now` may have left something behind, which no
// downgrade knows of; empty where all of it happens in one transaction. `said` is what alembic
// printed, where that is known.
std::string find_traces(Tool& tool, const Route& route, const Ids& now,
                        const std::optional<Output>& said);

}  // namespace alembic
