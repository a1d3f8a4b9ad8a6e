#include "core/plan/choose.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/plan/hint.h"
#include "core/plan/types.h"

namespace stagerun {
namespace {

class Chooser {
 public:
  Chooser(const Pipeline& pipeline, const StageGraph& graph, Diagnostics& diagnostics)
      : pipeline_(pipeline),
        graph_(graph),
        diagnostics_(diagnostics),
        chosen_(pipeline.stages.size(), false) {}

  std::vector<bool> choose(const Choice& choice, const std::vector<std::size_t>& order) {
    for (const std::string& name : choice.only) mark("--only", name);
    if (!choice.from.empty()) mark("--from", choice.from);
    // In the order each stage stands after all that it needs, so one pass reaches all of them.
    if (!choice.from.empty()) {
      for (const std::size_t stage : order) {
        const auto& needs = graph_.needs[stage];
        if (std::any_of(needs.begin(), needs.end(), [this](auto need) { return chosen_[need]; })) {
          chosen_[stage] = true;
        }
      }
    }
    for (std::size_t stage = 0; stage < chosen_.size(); ++stage) {
      if (chosen_[stage]) check_uses(pipeline_.stages[stage]);
    }
    return std::move(chosen_);
  }

 private:
  void mark(const char* option, const std::string& name) {
    if (const auto found = graph_.index.find(name); found != graph_.index.end()) {
      chosen_[found->second] = true;
      return;
    }
    if (pipeline_.unread.count("stage") != 0) return;
    const std::string said = fmt::format("{} {}", option, printable(name));
    if (is_left_out(name)) {
      complain("choice.left_out", {},
               fmt::format("{}: environment `{}` leaves that stage out", said,
                           printable(pipeline_.environment)),
               "choose another stage, or another environment");
      return;
    }
    std::vector<std::string> names;
    for (const StageSpec& stage : pipeline_.stages) names.push_back(stage.name);
    complain("choice.stage", {}, fmt::format("{}: the pipeline has no such stage", said),
             hint_for(name, names, diagnostics_));
  }

  bool is_left_out(const std::string& name) const {
    return std::any_of(pipeline_.left_out.begin(), pipeline_.left_out.end(),
                       [&name](const StageSpec& stage) { return stage.name == name; });
  }

  void check_uses(const StageSpec& stage) {
    if (stage.condition) check_expression(*stage.condition);
    for (const auto& [pointer, text] : stage.templates) {
      for (const Template::Part& part : text.parts) {
        if (part.expression) check_expression(*part.expression);
      }
    }
  }

  // In an `if` too: null would quietly decide it.
  void check_expression(const Expression& expression) {
    const auto absent = may_be_absent(expression);
    for (std::size_t i = 0; i < expression.nodes.size(); ++i) {
      const Reference& reference = expression.nodes[i].reference;
      if (expression.nodes[i].kind != Expression::Kind::reference || absent[i]) continue;
      if (reference.path[0] != "stages") continue;
      const auto found = graph_.index.find(reference.path[1]);
      if (found == graph_.index.end() || chosen_[found->second]) continue;
      complain("choice.output", reference.span,
               fmt::format("stage `{}` is not chosen, so it sets no outputs", reference.path[1]),
               fmt::format("choose it too, or take what an earlier run set: runs.last.{}",
                           fmt::join(reference.path, ".")));
    }
  }

  void complain(const char* code, const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({code, span, std::move(text), std::move(hint)});
  }

  const Pipeline& pipeline_;
  const StageGraph& graph_;
  Diagnostics& diagnostics_;
  std::vector<bool> chosen_;
};

}  // namespace

std::vector<bool> choose(const Pipeline& pipeline, const StageGraph& graph,
                         const std::vector<std::size_t>& order, const Choice& choice,
                         Diagnostics& diagnostics) {
  if (choice.is_all()) return std::vector<bool>(pipeline.stages.size(), true);
  return Chooser(pipeline, graph, diagnostics).choose(choice, order);
}

}  // namespace stagerun
