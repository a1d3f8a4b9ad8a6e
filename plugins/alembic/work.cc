#include "work.h"

#include <algorithm>

namespace alembic {
namespace {

bool contains_all(const Ids& all, const Ids& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

bool has_line(const std::vector<std::string>& lines, std::string_view text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != line.npos; });
}

// The revision that alembic said it was at when it stopped, or nothing where it did not say.
std::string last_running(const std::vector<std::string>& lines) {
  constexpr std::string_view kRunning = "Running upgrade ";
  std::string revision;
  for (const std::string& line : lines) {
    const std::size_t at = line.find(kRunning);
    const std::size_t arrow = at == line.npos ? at : line.find("-> ", at);
    if (arrow == line.npos) continue;
    const std::string rest = line.substr(arrow + 3);
    revision = rest.substr(0, rest.find_first_of(", "));
  }
  return revision;
}

}  // namespace

Places::Places(const sr::Call& call, const Settings& settings)
    : workspace(call.workspace()),
      cwd((workspace / settings.cwd).lexically_normal()),
      ini((cwd / settings.config).lexically_normal()),
      copy(std::filesystem::path(call.scratch()) / "scripts"),
      own{settings.config, ""} {}

Scripts Places::kept(const std::string& how) const {
  return {snapshot_config(copy).string(), how == "path" ? ini.parent_path().string() : ""};
}

Scripts chosen_scripts(sr::Call& call, const Settings& settings, const State& state) {
  const Places places(call, settings);
  const ReadScripts now = read_scripts(places.workspace, places.cwd, places.ini, settings.section);
  if (now.set && now.set->digest() == state.digest) return places.own;
  if (state.copy != "no" && snapshot_digest(places.copy) == state.digest) {
    call.info("the scripts have changed since the upgrade: its own copy of them is used");
    return places.kept(state.copy);
  }
  call.warn("the scripts have changed since the upgrade, and there is no copy of them");
  return places.own;
}

std::string find_target(const Graph& graph, const Settings& settings) {
  if (!settings.wants_head()) {
    if (const auto id = graph.resolve(settings.target)) return *id;
    throw sr::Failed("alembic.target",
                     "the scripts have no revision `" + settings.target +
                         "`, or several that "
                         "begin so",
                     "`alembic history` lists them");
  }
  const Ids heads = graph.heads();
  if (heads.size() == 1) return *heads.begin();
  if (heads.empty()) {
    throw sr::Failed("alembic.heads", "the scripts have no revision to go to",
                     "is `config` the right file, and are the scripts where it says?");
  }
  std::string words;
  for (const std::string& head : heads) words += " " + head;
  throw sr::Failed("alembic.heads",
                   "the scripts have " + std::to_string(heads.size()) + " heads (" +
                       to_text(heads) + "), and which one to go to is not clear: merge them with " +
                       "`alembic merge -m merge" + words + "`",
                   "or name a revision as `target`");
}

Route::Route(Graph graph_, Ids base_, std::string target_)
    : graph(std::move(graph_)), base(std::move(base_)), target(std::move(target_)) {
  before = graph.closure(base);
  after = graph.closure({target});
  after.insert(before.begin(), before.end());
  Ids missing;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::inserter(missing, missing.end()));
  pending = graph.in_order(missing);
}

bool Route::is_on_the_way(const Ids& now) const {
  const Ids applied = graph.closure(now);
  return contains_all(applied, before) && contains_all(after, applied);
}

std::size_t Route::applied_at(const Ids& now) const {
  const Ids applied = graph.closure(now);
  return static_cast<std::size_t>(std::count_if(
      pending.begin(), pending.end(), [&](const std::string& id) { return applied.contains(id); }));
}

void refuse_if_beyond(const Route& route) {
  if (route.base.contains(route.target)) return;
  throw sr::Failed(
      "alembic.beyond",
      "the database is at " + to_text(route.base) + ", which is beyond " + route.target,
      "this stage only goes forward: give a later `target`, or none");
}

void set_outputs(const sr::Call& call, const Route& route, const Ids& now,
                 const std::string& digest) {
  const Ids applied = route.graph.closure(now);
  std::vector<std::string> revisions;
  for (const std::string& id : route.pending) {
    if (applied.contains(id)) revisions.push_back(id);
  }
  call.set_text("from", to_text(route.base));
  call.set_text("to", to_text(now));
  call.set("applied", revisions.size());
  call.set("revisions", sr::Json::array(revisions));
  call.set_text("scripts", digest);
}

std::string find_traces(Tool& tool, const Route& route, const Ids& now,
                        const std::optional<Output>& said) {
  const Ids applied = route.graph.closure(now);
  const auto next = std::find_if(route.pending.begin(), route.pending.end(),
                                 [&](const std::string& id) { return !applied.contains(id); });
  if (next == route.pending.end()) return "";
  std::string revision = *next;
  if (said && has_line(said->err, "Context impl ")) {
    const std::string running = last_running(said->err);
    // It told of its work, and there was none; or the last one it told of was done to its end.
    if (running.empty() || applied.contains(running)) return "";
    revision = running;
  }
  if (now.size() <= 1) {
    const auto preview = tool.preview("upgrade", to_text(now), revision);
    const RevisionSql* sql = preview ? preview->find(revision) : nullptr;
    if (sql != nullptr) {
      if (sql->is_atomic || sql->statements.empty()) return "";
      const std::string failed = said ? read_problem(*said).sql : "";
      return !failed.empty() && is_same_sql(failed, sql->statements.front()) ? "" : revision;
    }
  }
  return said && has_line(said->err, "Will assume transactional DDL") ? "" : revision;
}

}  // namespace alembic
