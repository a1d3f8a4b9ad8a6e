// alembic: upgrades a database to a revision, and takes it back to exactly where it was.
//
// How it works. alembic is asked what its scripts hold (history) and where the database is
// (current); what follows from that is worked out here (graph.h). Before the only write of apply,
// `upgrade ID`, a copy of the scripts is put into the scratch folder (snapshot.h), because after
// the code was reverted only they know the way back. The checkpoint says where the database was, as
// an exact set of revisions; the receipt, where it was left. Rollback goes from there to the
// checkpoint's set by explicit ids, and never where somebody else has migrated since.
#include "backup.h"
#include "forecast.h"
#include "lock.h"
#include "work.h"

namespace alembic {
namespace {

std::string count_of(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// -- apply --------------------------------------------------------------------------------------

// Finds out whether alembic works from the copy, and says where the database is on the way.
Ids look_from_copy(sr::Call& call, const Settings& settings, const Graph& graph, State& state) {
  const Places places(call, settings);
  for (const char* how : {"plain", "path"}) {
    if (state.copy == "no") break;
    try {
      Ids ids = Tool(call, settings, places.kept(how)).current(graph);
      state.copy = how;
      return ids;
    } catch (const UnknownRevision&) {
      throw;
    } catch (const sr::Failed& failed) {
      call.log(SR_DEBUG, "from the copy of the scripts: " + failed.text());
    }
  }
  Ids ids = Tool(call, settings, places.own).current(graph);
  if (state.copy == "no") return ids;
  state.copy = "no";
  call.warn(
      "alembic does not work from a copy of the scripts: the way back needs them as they are now");
  return ids;
}

void keep_scripts(sr::Call& call, const Settings& settings, State& state) {
  const Places places(call, settings);
  const ReadScripts read = read_scripts(places.workspace, places.cwd, places.ini, settings.section);
  state.copy = "no";
  std::string why_not = read.why_not;
  if (read.set) {
    state.digest = read.set->digest();
    why_not = write_snapshot(*read.set, places.copy);
    if (why_not.empty()) state.copy = "plain";
  }
  if (state.copy == "no") {
    call.warn("the scripts cannot be kept, so the way back needs them as they are now: " + why_not);
  }
}

// Says how far a failed upgrade got, and leaves it as the receipt.
[[noreturn]] void fail_upgrade(sr::Call& call, Tool& tool, const Route& route,
                               const Output& output) {
  const Problem problem = read_problem(output);
  const std::string failed = "the upgrade to " + route.target + " failed: " + problem.text;
  Receipt receipt;
  try {
    receipt.left = tool.current(route.graph);
  } catch (const sr::Failed& unseen) {
    throw sr::Unknown("alembic.unclear", failed + "; and where it got to is not known",
                      unseen.text());
  }
  receipt.traces = find_traces(tool, route, receipt.left, output);
  call.receipt(to_json(receipt));
  const std::size_t done = route.applied_at(receipt.left);
  std::string where = "; the database is at " + to_text(receipt.left) + ", with " +
                      std::to_string(done) + " of " + count_of(route.pending.size(), "revision") +
                      " applied";
  if (receipt.left == route.base) where = "; the database is still at " + to_text(route.base);
  if (!receipt.traces.empty()) {
    where += ", and a part of " + receipt.traces + " may stand beside it";
  }
  throw sr::Failed("alembic.upgrade", failed + where, problem.details);
}

void upgrade(sr::Call& call, Tool& tool, const Route& route, const State& state) {
  const Output output = tool.upgrade(route.target, route.pending.size());
  if (!output.exit.ok()) fail_upgrade(call, tool, route, output);
  call.receipt(to_json(Receipt{route.goal(), ""}));
  const Ids now = tool.current(route.graph);
  if (!route.is_at_goal(now)) {
    throw sr::Conflict("alembic.elsewhere",
                       "alembic says that it went well, but the database is at " + to_text(now) +
                           " and not at " + to_text(route.goal()),
                       "somebody else is migrating it, or env.py works on another database than "
                       "`alembic current` sees");
  }
  set_outputs(call, route, now, state.digest);
}

// The baseline, and the way from there. Under the lock, where there is one.
Route begin(sr::Call& call, const Settings& settings, Graph graph, State& state, Ids base) {
  state.base = std::move(base);
  Route route(std::move(graph), state.base, state.target);
  if (route.pending.empty()) {
    refuse_if_beyond(route);
    call.info("the database is at " + to_text(state.base) + " already");
    set_outputs(call, route, state.base, state.digest);
    return route;
  }
  if (settings.downgrade != Downgrade::never && !route.graph.way_back(route.after, route.before)) {
    throw sr::Failed("alembic.no_way_back", "alembic has no way back from " +
                                                to_text(route.goal()) + " to exactly " +
                                                to_text(route.base));
  }
  call.checkpoint(to_json(state));
  return route;
}

sr_status apply_fresh(sr::Call& call, const Settings& settings) {
  require_backup(call, settings.backup);
  State state;
  keep_scripts(call, settings, state);
  Tool tool(call, settings, Places(call, settings).own);
  const Graph graph = tool.history();
  state.target = find_target(graph, settings);
  Route route = begin(call, settings, graph, state, look_from_copy(call, settings, graph, state));
  if (route.pending.empty()) return SR_UNCHANGED;
  Lock lock(call, settings);
  if (lock.take()) {
    // Whoever held it may have migrated.
    const Ids now = tool.current(graph);
    if (now != route.base) route = begin(call, settings, graph, state, now);
  }
  if (!route.pending.empty()) upgrade(call, tool, route, state);
  lock.release();
  return route.pending.empty() ? SR_UNCHANGED : SR_OK;
}

// After a crash: goes on from what the database says.
sr_status apply_again(sr::Call& call, const Settings& settings, const State& state) {
  Tool tool(call, settings, chosen_scripts(call, settings, state));
  Lock lock(call, settings);
  lock.take();
  Route route(tool.history(), state.base, state.target);
  const Ids now = tool.current(route.graph);
  if (!route.is_on_the_way(now)) {
    throw sr::Conflict("alembic.conflict",
                       "the database is at " + to_text(now) + ", which is not on the way from " +
                           to_text(route.base) + " to " + route.target,
                       "somebody else has migrated it");
  }
  call.info("going on from " + to_text(now));
  upgrade(call, tool, route, state);
  lock.release();
  return SR_OK;
}

// -- rollback -----------------------------------------------------------------------------------

// Only what this run left is undone, or a part of it where it was stopped on the way.
void refuse_if_changed(const sr::Call& call, const Route& route, const Ids& now,
                       const std::optional<Receipt>& receipt) {
  const bool is_ours = receipt ? now == receipt->left : route.is_on_the_way(now);
  const bool is_second_try = call.attempt() > 1 && route.is_on_the_way(now);
  if (is_ours || is_second_try) return;
  const std::string left = receipt ? "; this run left it at " + to_text(receipt->left) : "";
  throw sr::Conflict("alembic.conflict", "the database is at " + to_text(now) + left,
                     "somebody else has migrated it since: look at what they did, then go back by "
                     "hand to " +
                         to_text(route.base));
}

void downgrade(Tool& tool, const Route& route, const Ids& from) {
  const auto way = route.graph.way_back(route.graph.closure(from), route.before);
  if (!way) {
    throw sr::Failed(
        "alembic.no_way_back",
        "alembic has no way back from " + to_text(from) + " to exactly " + to_text(route.base),
        "go back by hand");
  }
  for (std::size_t i = 0; i < way->size(); ++i) {
    const Output output = tool.downgrade((*way)[i], "downgrade." + std::to_string(i + 1));
    if (output.exit.ok()) continue;
    const Problem problem = read_problem(output);
    const Ids now = tool.current(route.graph);
    throw sr::Failed("alembic.downgrade",
                     "the downgrade to " + (*way)[i] + " failed: " + problem.text +
                         "; the database is at " + to_text(now) + ", on the way to " +
                         to_text(route.base),
                     problem.details);
  }
  const Ids now = tool.current(route.graph);
  if (now == route.base) return;
  throw sr::Failed("alembic.elsewhere",
                   "alembic says that it went back, but the database is at " + to_text(now) +
                       " and not at " + to_text(route.base),
                   "go back by hand");
}

void go_back(sr::Call& call, const Settings& settings, const State& state) {
  Tool tool(call, settings, chosen_scripts(call, settings, state));
  Lock lock(call, settings);
  lock.take();
  const Route route(tool.history(), state.base, state.target);
  if (route.graph.find(state.target) == nullptr) {
    throw sr::Failed("alembic.no_scripts",
                     "the scripts no longer have revision " + state.target +
                         ", which is to be undone, and there is no copy of them",
                     "bring the scripts of the upgrade back, then roll back again");
  }
  const Ids now = tool.current(route.graph);
  const auto receipt = last_receipt(call);
  // Where apply never said how it ended, what it was doing when it was stopped is not known.
  const std::string traces =
      receipt ? receipt->traces : find_traces(tool, route, now, std::nullopt);
  if (now != route.base) {
    refuse_if_changed(call, route, now, receipt);
    downgrade(tool, route, now);
  }
  lock.release();
  if (traces.empty()) return;
  throw sr::Unknown("alembic.traces",
                    "the database is back at " + to_text(route.base) + ", but the upgrade was " +
                        "stopped in the middle of " + traces + ", and this database keeps what " +
                        "was done of it",
                    "compare the schema with what it was, and remove what " + traces + " left");
}

// -- The stage ----------------------------------------------------------------------------------

// How every command of alembic begins (Tool::request).
#define ALEMBIC_COMMAND                              \
  R"([{"config": "/command", "else": ["alembic"]},)" \
  R"( {"config": "/name", "before": "-n"},)"         \
  R"( {"config": "/x", "before": "-x"}, )"

struct Alembic {
  static constexpr sr::Info info{
      .name = "alembic",
      .version = "1.0.0",
      .summary = "Upgrades a database with Alembic; takes it back to exactly where it was.",
      .schema = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "config": {"type": "string", "minLength": 1},
    "cwd": {"type": "string"},
    "command": {"type": "array", "minItems": 1, "items": {"type": "string"}},
    "name": {"type": "string", "minLength": 1},
    "target": {"type": "string", "minLength": 1},
    "x": {"type": "array", "items": {"type": "string"}},
    "env": {"type": "object", "additionalProperties": {"type": "string"}},
    "downgrade": {"enum": ["auto", "lenient", "never"]},
    "preview": {"type": "boolean"},
    "url": {"type": "string"},
    "lock": {"type": "boolean"},
    "lock_timeout": {"type": "string"},
    "require_backup": {"type": "object", "required": ["file"], "additionalProperties": false,
      "properties": {"file": {"type": "string", "minLength": 1},
                     "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                     "max_age": {"type": "string"}}}}})",
      .outputs = R"({
  "type": "object",
  "properties": {
    "from": {"type": "string"}, "to": {"type": "string"}, "applied": {"type": "integer"},
    "revisions": {"type": "array"}, "scripts": {"type": "string"}}})",
      .manifest = R"({
  "effects": ["process/1", "file/1", "secret/1"],
  "reads": [)" ALEMBIC_COMMAND R"("history"],)" ALEMBIC_COMMAND R"("current"],)" ALEMBIC_COMMAND
                  R"("upgrade", "--sql"],)" ALEMBIC_COMMAND R"("downgrade", "--sql"]],
  "flags": [{"unless": {"/downgrade": "never"}, "add": "compensable"}]})",
      .flags = SR_RESUMABLE,
  };

  void validate(sr::Call& call) { diagnose_settings(call, read_settings(call)); }

  void plan(sr::Call& call) {
    const Settings settings = read_settings(call);
    const Places places(call, settings);
    Tool tool(call, settings, places.own);
    Graph graph = tool.history();
    const std::string target = find_target(graph, settings);
    Ids base = tool.current(graph);
    const Route route(std::move(graph), std::move(base), target);
    if (route.pending.empty()) return refuse_if_beyond(route);
    call.info("the database is at " + to_text(route.base) + "; " +
              count_of(route.pending.size(), "revision") + " to go to " + target);
    forecast(call, settings, tool, route);
  }

  sr_status apply(sr::Call& call) {
    const Settings settings = read_settings(call);
    const auto state = last_state(call);
    return state && has_begun(call) ? apply_again(call, settings, *state)
                                    : apply_fresh(call, settings);
  }

  sr_status verify(sr::Call& call) {
    const Settings settings = read_settings(call);
    const auto state = last_state(call);
    if (!state) return SR_ABSENT;
    Tool tool(call, settings, chosen_scripts(call, settings, *state));
    const Route route(tool.history(), state->base, state->target);
    const Ids now = tool.current(route.graph);
    if (!route.is_at_goal(now)) {
      throw sr::Failed("alembic.not_done", "the database is at " + to_text(now) + " and not at " +
                                               to_text(route.goal()));
    }
    set_outputs(call, route, now, state->digest);
    return SR_OK;
  }

  void rollback(sr::Call& call) {
    const Settings settings = read_settings(call);
    const auto state = last_state(call);
    if (!state || !has_begun(call)) return;
    if (settings.downgrade == Downgrade::never) {
      throw sr::Failed("alembic.forward_only",
                       "the database was upgraded from " + to_text(state->base) +
                           ", and `downgrade` is \"never\"",
                       "go on forward, or restore a backup");
    }
    try {
      go_back(call, settings, *state);
    } catch (const UnknownRevision& unknown) {
      throw sr::Conflict("alembic.conflict", unknown.text(),
                         "somebody else has migrated it since: look at what they did, then go back "
                         "by hand to " +
                             to_text(state->base));
    }
  }
};

}  // namespace
}  // namespace alembic

STAGERUN_MODULE(alembic::Alembic);
