#include "graph.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

namespace alembic {
namespace {

constexpr std::string_view kBase = "<base>";

bool is_id(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.';
  });
}

// The words of "a, b".
std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(", "), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  return words;
}

// Takes " (...)" from the start of the text.
std::optional<std::string> take_brackets(std::string_view& text) {
  const std::size_t end = text.starts_with(" (") ? text.find(')') : text.npos;
  if (end == text.npos) return std::nullopt;
  std::string inside(text.substr(2, end - 2));
  text.remove_prefix(end + 1);
  return inside;
}

bool is_mark(const std::string& inside) {
  for (const char* mark : {"head", "effective head", "current", "branchpoint", "mergepoint"}) {
    if (inside == mark) return true;
  }
  return false;
}

Ids minus(const Ids& from, const Ids& what) {
  Ids rest;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(),
                      std::inserter(rest, rest.end()));
  return rest;
}

bool contains_all(const Ids& all, const Ids& some) {
  return std::includes(all.begin(), all.end(), some.begin(), some.end());
}

}  // namespace

// PARENTS[ (DEPENDS)] -> ID[ (LABELS)][ (head)]..., MESSAGE
std::optional<Revision> read_history_line(std::string_view line) {
  const std::size_t arrow = line.find(" -> ");
  if (arrow == line.npos) return std::nullopt;
  std::string_view left = line.substr(0, arrow);
  std::string_view right = line.substr(arrow + 4);
  Revision revision;
  const std::size_t bracket = std::min(left.find(" ("), left.size());
  std::string_view depends = left.substr(bracket);
  left = left.substr(0, bracket);
  if (const auto inside = take_brackets(depends)) revision.depends = split_list(*inside);
  if (!depends.empty()) return std::nullopt;
  if (left != kBase) revision.parents = split_list(left);
  if (!std::all_of(revision.parents.begin(), revision.parents.end(), is_id)) return std::nullopt;
  const std::size_t end = std::min(right.find_first_of(" ,"), right.size());
  revision.id = right.substr(0, end);
  right.remove_prefix(end);
  while (const auto inside = take_brackets(right)) {
    if (!is_mark(*inside)) revision.labels = split_list(*inside);
  }
  if (right.starts_with(", ")) revision.message = right.substr(2);
  const bool whole = right.empty() || right.front() == ',';
  return is_id(revision.id) && whole ? std::optional(std::move(revision)) : std::nullopt;
}

std::string to_text(const Ids& ids) {
  std::string text;
  for (const std::string& id : ids) text += (text.empty() ? "" : ", ") + id;
  return text.empty() ? "base" : text;
}

void Graph::add(Revision revision) {
  const std::string id = revision.id;
  if (revisions_.emplace(id, std::move(revision)).second) order_.push_back(id);
}

const Revision* Graph::find(const std::string& id) const {
  const auto found = revisions_.find(id);
  return found != revisions_.end() ? &found->second : nullptr;
}

Ids Graph::heads() const {
  Ids heads(order_.begin(), order_.end());
  for (const auto& [id, revision] : revisions_) {
    for (const std::string& parent : revision.parents) heads.erase(parent);
  }
  return heads;
}

std::optional<std::string> Graph::resolve(const std::string& text) const {
  if (find(text) != nullptr) return text;
  const auto first = revisions_.lower_bound(text);
  if (text.empty() || first == revisions_.end() || !first->first.starts_with(text)) {
    return std::nullopt;
  }
  const auto next = std::next(first);
  const bool unclear = next != revisions_.end() && next->first.starts_with(text);
  return unclear ? std::nullopt : std::optional(first->first);
}

// What must be there before it. A dependency on a label is left to alembic: which revision it
// means cannot be seen from outside, and each downgrade is looked at afterwards.
std::vector<std::string> Graph::needs(const Revision& revision) const {
  std::vector<std::string> ids = revision.parents;
  for (const std::string& name : revision.depends) {
    if (const auto id = resolve(name)) ids.push_back(*id);
  }
  return ids;
}

Ids Graph::closure(const Ids& ids) const {
  Ids all;
  std::vector<std::string> open(ids.begin(), ids.end());
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    const Revision* revision = find(id);
    if (!all.insert(id).second || revision == nullptr) continue;
    for (std::string& need : needs(*revision)) open.push_back(std::move(need));
  }
  return all;
}

Ids Graph::shown(const Ids& applied) const {
  Ids shown = applied;
  for (const std::string& id : applied) {
    const Revision* revision = find(id);
    if (revision == nullptr) continue;
    for (const std::string& parent : revision->parents) shown.erase(parent);
  }
  return shown;
}

std::vector<std::string> Graph::in_order(const Ids& ids) const {
  std::vector<std::string> list;
  std::copy_if(order_.rbegin(), order_.rend(), std::back_inserter(list),
               [&](const std::string& id) { return ids.contains(id); });
  return list;
}

// Of base: all revisions without a parent.
Ids Graph::children_of(const std::string& parent) const {
  Ids children;
  for (const auto& [id, revision] : revisions_) {
    const auto& parents = revision.parents;
    const bool follows = std::find(parents.begin(), parents.end(), parent) != parents.end();
    if (follows || (parent == "base" && parents.empty())) children.insert(id);
  }
  return children;
}

// Itself and its parents, without dependencies: its branch, as alembic sees it.
Ids Graph::ancestors_of(const std::string& id) const {
  Ids all;
  std::vector<std::string> open = {id};
  while (!open.empty()) {
    const Revision* revision = find(open.back());
    open.pop_back();
    if (revision == nullptr || !all.insert(revision->id).second) continue;
    open.insert(open.end(), revision->parents.begin(), revision->parents.end());
  }
  return all;
}

// Those of the applied that are roots, or need one of them.
Ids Graph::with_dependents(const Ids& roots, const Ids& applied) const {
  Ids found;
  for (const std::string& id : in_order(applied)) {
    const auto needed = needs(*find(id));
    const bool hangs_on_one = roots.contains(id) || std::any_of(needed.begin(), needed.end(),
                                                                [&](const std::string& need) {
                                                                  return found.contains(need);
                                                                });
    if (hangs_on_one) found.insert(id);
  }
  return found;
}

// The ways to say "drop this revision", with what each would drop: `downgrade PARENT` drops all
// children of the parent, `downgrade ROOT@PARENT` only those in the root's branch.
std::vector<Graph::Command> Graph::commands_for(const std::string& root, const Ids& applied) const {
  std::vector<std::string> parents = find(root)->parents;
  if (parents.empty()) parents.emplace_back("base");
  const Ids branch = ancestors_of(root);
  std::vector<Command> commands;
  for (const std::string& parent : parents) {
    const Ids children = children_of(parent);
    commands.push_back({parent, with_dependents(children, applied)});
  }
  for (const std::string& parent : parents) {
    Ids children;
    for (const std::string& child : children_of(parent)) {
      if (branch.contains(child)) children.insert(child);
    }
    commands.push_back({root + "@" + parent, with_dependents(children, applied)});
  }
  return commands;
}

std::optional<std::vector<std::string>> Graph::way_back(Ids applied, const Ids& wanted) const {
  std::vector<std::string> targets;
  if (!contains_all(applied, wanted)) return std::nullopt;
  while (applied != wanted) {
    const Ids surplus = minus(applied, wanted);
    std::optional<Command> chosen;
    for (const std::string& id : in_order(surplus)) {
      const auto needed = needs(*find(id));
      const bool is_lowest = std::none_of(needed.begin(), needed.end(),
                                          [&](const auto& need) { return surplus.contains(need); });
      if (!is_lowest) continue;
      for (Command& command : commands_for(id, applied)) {
        const bool safe = !command.dropped.empty() && contains_all(surplus, command.dropped);
        const bool better = !chosen || command.dropped.size() > chosen->dropped.size();
        if (safe && better) chosen = std::move(command);
      }
    }
    if (!chosen) return std::nullopt;
    applied = minus(applied, chosen->dropped);
    targets.push_back(chosen->target);
  }
  return targets;
}

}  // namespace alembic
