#include "core/config/read_environment.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/config/read_input.h"
#include "core/config/table_reader.h"

namespace stagerun {
namespace {

// Tables are merged key by key, however deep; anything else is replaced as a whole. The depth of a
// Node is limited by parse_document, and so is this recursion.
Node merge(const Node& base, const Node& other) {
  if (base.members() == nullptr || other.members() == nullptr) return other;
  Node merged = base;
  auto& members = std::get<Node::Table>(merged.content);
  for (const Member& member : *other.members()) {
    const auto present = std::find_if(members.begin(), members.end(), [&member](const Member& own) {
      return own.key == member.key;
    });
    if (present == members.end()) {
      members.push_back(member);
    } else {
      *present = {member.key, member.key_span, merge(present->value, member.value)};
    }
  }
  return merged;
}

// "did you mean": a whole list of stages helps nobody.
std::string hint_near(const std::string& word, const std::vector<std::string>& names) {
  const auto near = nearest(word, names);
  return near ? fmt::format("did you mean `{}`?", *near) : "";
}

class EnvironmentReader {
 public:
  EnvironmentReader(const std::vector<const Node*>& configurations, const Lines& lines,
                    Pipeline& pipeline, UsedNames& used, Diagnostics& diagnostics)
      : configurations_(configurations),
        lines_(lines),
        pipeline_(pipeline),
        used_(used),
        diagnostics_(diagnostics) {
    for (const StageSpec& stage : pipeline.stages) {
      stages_.emplace(stage.name, stages_.size());
      stage_names_.push_back(stage.name);
    }
  }

  void read(const Member& member, bool is_chosen) {
    where_ = fmt::format("environment `{}`", printable(member.key));
    is_chosen_ = is_chosen;
    left_out_.clear();
    if (member.key.empty() || member.key.size() > limits::kNameBytes ||
        printable(member.key) != member.key) {
      complain("environment.name", member.key_span,
               fmt::format("{} must be called by 1 to 64 visible characters", where_), "");
    }
    if (member.value.members() == nullptr) {
      complain("environment.table", member.value.span,
               fmt::format("{} must be a table; this is {}", where_, member.value.describe()),
               fmt::format("write [environments.{}]", printable(member.key)));
      return;
    }
    const TableReader table(member.value, kEnvironmentKeys, where_, member.value.span,
                            diagnostics_);
    if (const Member* inputs = table.find("inputs")) read_inputs(*inputs->value.members());
    if (const Member* without = table.find("without")) read_without(*without->value.items());
    if (const Member* with = table.find("with")) read_configurations(*with->value.members());
    if (is_chosen && !left_out_.empty()) leave_out();
  }

 private:
  void read_inputs(const Node::Table& values) {
    std::vector<std::string> names;
    for (const InputSpec& input : pipeline_.inputs) names.push_back(input.name);
    for (const Member& member : values) {
      const auto at = std::find(names.begin(), names.end(), member.key);
      if (at == names.end()) {
        if (pipeline_.unread.count("inputs") != 0) continue;
        complain(
            "environment.input", member.key_span,
            fmt::format("{} gives input `{}`, which does not exist", where_, printable(member.key)),
            suggestion(member.key, names));
        continue;
      }
      InputSpec& input = pipeline_.inputs[static_cast<std::size_t>(at - names.begin())];
      if (input.is_broken) continue;
      const auto value =
          read_value(member.value, input,
                     fmt::format("the value of input `{}` in {}", printable(input.name), where_),
                     diagnostics_);
      if (!is_chosen_ || !value) continue;
      input.fallback = value;
      input.required = false;
    }
  }

  void read_without(const Node::Array& names) {
    for (const Node& node : names) {
      const std::string& name = *node.text();
      if (stages_.count(name) == 0) {
        complain_unknown(node.span, name, "leaves out");
      } else if (!left_out_.insert(name).second) {
        complain("environment.without_twice", node.span,
                 fmt::format("{} leaves out stage `{}` twice", where_, printable(name)),
                 "leave one of them out");
      }
    }
    if (!left_out_.empty() && left_out_.size() == stages_.size()) {
      complain("environment.no_stage", names.front().span,
               fmt::format("{} leaves out every stage", where_), "leave at least one in");
    }
  }

  void read_configurations(const Node::Table& tables) {
    for (const Member& member : tables) {
      const auto stage = stages_.find(member.key);
      if (stage == stages_.end()) {
        complain_unknown(member.key_span, member.key, "configures");
      } else if (member.value.members() == nullptr) {
        complain("environment.with", member.value.span,
                 fmt::format("what {} merges into stage `{}` must be a table; this is {}", where_,
                             member.key, member.value.describe()),
                 "");
      } else if (left_out_.count(member.key) != 0) {
        complain("environment.with_left_out", member.key_span,
                 fmt::format("{} configures stage `{}`, which it leaves out", where_, member.key),
                 "take one of them out");
      } else {
        configure(stage->second, member.value);
      }
    }
  }

  void configure(std::size_t index, const Node& with) {
    StageSpec alone;
    UsedNames used;
    read_with(with, lines_, alone, used, diagnostics_);
    StageSpec& stage = pipeline_.stages[index];
    stage.used_secrets.insert(used.secrets.begin(), used.secrets.end());
    used_.variables.merge(used.variables);
    used_.are_all = used_.are_all && used.are_all;
    if (!is_chosen_) return;
    Diagnostics reported;
    const Node* base = configurations_[index];
    read_with(base != nullptr ? merge(*base, with) : with, lines_, stage, used, reported);
  }

  void leave_out() {
    const auto is_left_out = [this](const StageSpec& stage) {
      return left_out_.count(stage.name) != 0;
    };
    for (StageSpec& stage : pipeline_.stages) {
      if (!is_left_out(stage)) find_needs_behind(stage);
    }
    const auto end = std::stable_partition(
        pipeline_.stages.begin(), pipeline_.stages.end(),
        [&is_left_out](const StageSpec& stage) { return !is_left_out(stage); });
    std::move(end, pipeline_.stages.end(), std::back_inserter(pipeline_.left_out));
    pipeline_.stages.erase(end, pipeline_.stages.end());
  }

  // Whoever needs a stage that is left out needs instead what that needed.
  void find_needs_behind(StageSpec& stage) {
    if (std::none_of(stage.needs.begin(), stage.needs.end(),
                     [this](const std::string& need) { return left_out_.count(need) != 0; })) {
      return;
    }
    std::vector<std::string> needs;
    std::unordered_set<std::string> seen;
    std::vector<std::string> open(stage.needs.rbegin(), stage.needs.rend());
    while (!open.empty()) {
      const std::string name = std::move(open.back());
      open.pop_back();
      if (!seen.insert(name).second) continue;
      if (left_out_.count(name) == 0) {
        needs.push_back(name);
        continue;
      }
      const auto& behind = pipeline_.stages[stages_.at(name)].needs;
      open.insert(open.end(), behind.rbegin(), behind.rend());
    }
    stage.needs = std::move(needs);
  }

  void complain_unknown(const Span& span, const std::string& name, const char* what) {
    complain("environment.stage", span,
             fmt::format("{} {} stage `{}`, which does not exist", where_, what, printable(name)),
             hint_near(name, stage_names_));
  }

  void complain(const char* code, const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({code, span, std::move(text), std::move(hint)});
  }

  const std::vector<const Node*>& configurations_;
  const Lines& lines_;
  Pipeline& pipeline_;
  UsedNames& used_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string, std::size_t> stages_;
  std::vector<std::string> stage_names_;
  // Of the environment at hand.
  std::string where_;
  bool is_chosen_ = false;
  std::unordered_set<std::string> left_out_;
};

}  // namespace

void read_environments(const Node& table, const std::string& chosen,
                       const std::vector<const Node*>& configurations, const Lines& lines,
                       Pipeline& pipeline, UsedNames& used, Diagnostics& diagnostics) {
  EnvironmentReader reader(configurations, lines, pipeline, used, diagnostics);
  // The chosen one last: it takes stages out that the others may name.
  const Member* last = nullptr;
  for (const Member& member : *table.members()) {
    if (member.key == chosen) {
      last = &member;
    } else {
      reader.read(member, false);
    }
  }
  if (last != nullptr) reader.read(*last, true);
}

}  // namespace stagerun
