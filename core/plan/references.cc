#include "core/plan/references.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "core/plan/hint.h"

namespace stagerun {
namespace {

class ReferenceCheck {
 public:
  ReferenceCheck(const Pipeline& pipeline, const Value& inputs, const StageGraph& graph,
                 const std::vector<std::size_t>& order, const std::vector<KnownOutputs>& outputs,
                 Diagnostics& diagnostics)
      : pipeline_(pipeline),
        values_(inputs),
        graph_(graph),
        outputs_(outputs),
        diagnostics_(diagnostics),
        position_(order.size()),
        seen_by_(pipeline.stages.size(), 0) {
    for (std::size_t i = 0; i < order.size(); ++i) position_[order[i]] = i;
    for (const InputSpec& input : pipeline.inputs) {
      inputs_.emplace(input.name, &input);
      input_names_.push_back(input.name);
    }
    for (const StageSpec& stage : pipeline.stages) stage_names_.push_back(stage.name);
  }

  void check() {
    for (std::size_t stage = 0; stage < pipeline_.stages.size(); ++stage) {
      std::vector<const Reference*> to_stages;
      for (const auto& [pointer, text] : pipeline_.stages[stage].templates) {
        for (const Template::Part& part : text.parts) {
          if (!part.expression) continue;
          for (const Reference* reference : part.expression->references()) {
            if (reference->path[0] == "inputs") check_input(*reference);
            if (reference->path[0] == "stages") to_stages.push_back(reference);
          }
        }
      }
      if (!to_stages.empty()) check_stages(stage, to_stages);
    }
  }

 private:
  void check_input(const Reference& reference) {
    const std::string& name = reference.path[1];
    const auto found = inputs_.find(name);
    if (found == inputs_.end()) {
      complain(reference, fmt::format("the pipeline has no input `{}`", name),
               hint_for(name, input_names_, diagnostics_));
      return;
    }
    // One that is required has been reported already where it has no value.
    const InputSpec& input = *found->second;
    if (input.required || input.fallback || values_.find(name) != nullptr) return;
    complain(reference, fmt::format("input `{}` has no value", name),
             fmt::format("give it with -i {}=..., or give it a default", name));
  }

  void check_stages(std::size_t stage, const std::vector<const Reference*>& references) {
    std::vector<std::size_t> targets;
    for (const Reference* reference : references) {
      const auto found = graph_.index.find(reference->path[1]);
      if (found == graph_.index.end()) {
        complain(*reference, fmt::format("there is no stage `{}`", reference->path[1]),
                 hint_for(reference->path[1], stage_names_, diagnostics_));
        continue;
      }
      targets.push_back(found->second);
      check_output(*reference, found->second);
    }
    if (position_.empty() || targets.empty()) return;
    mark_needed(stage, targets);
    for (const Reference* reference : references) {
      const auto found = graph_.index.find(reference->path[1]);
      if (found == graph_.index.end() || seen_by_[found->second] == stage + 1) continue;
      const std::string& own = pipeline_.stages[stage].name;
      const std::string& name = reference->path[1];
      const bool is_itself = found->second == stage;
      complain(*reference,
               is_itself ? fmt::format("stage `{}` refers to its own output", own)
                         : fmt::format("stage `{}` is not sure to run before `{}`", name, own),
               is_itself ? "an output is there once its stage has run"
                         : fmt::format("add \"{}\" to the `needs` of `{}`", name, own));
    }
  }

  // Marks what the stage needs, directly or not. How it works: goes from a stage to its needs, but
  // not past the place in the order where the first of the targets stands: nothing before that can
  // need it.
  void mark_needed(std::size_t stage, const std::vector<std::size_t>& targets) {
    std::size_t first = position_[targets[0]];
    for (const std::size_t target : targets) first = std::min(first, position_[target]);
    std::vector<std::size_t> open = {stage};
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      for (const std::size_t need : graph_.needs[at]) {
        if (position_[need] < first || seen_by_[need] == stage + 1) continue;
        seen_by_[need] = stage + 1;
        open.push_back(need);
      }
    }
  }

  void check_output(const Reference& reference, std::size_t stage) {
    const KnownOutputs& outputs = outputs_[stage];
    const std::string& name = reference.path[3];
    if (!outputs.is_known) return;
    if (std::binary_search(outputs.names.begin(), outputs.names.end(), name)) return;
    complain(reference, fmt::format("stage `{}` has no output `{}`", reference.path[1], name),
             outputs.names.empty() ? "it has none" : hint_for(name, outputs.names, diagnostics_));
  }

  void complain(const Reference& reference, std::string text, std::string hint) {
    diagnostics_.push_back({reference.span, std::move(text), std::move(hint)});
  }

  const Pipeline& pipeline_;
  const Value& values_;
  const StageGraph& graph_;
  const std::vector<KnownOutputs>& outputs_;
  Diagnostics& diagnostics_;
  std::vector<std::size_t> position_;  // in the order, by the place in the file
  std::vector<std::size_t> seen_by_;   // the last stage, plus one, that was found to need it
  std::unordered_map<std::string, const InputSpec*> inputs_;
  std::vector<std::string> input_names_;
  std::vector<std::string> stage_names_;
};

}  // namespace

void check_references(const Pipeline& pipeline, const Value& inputs, const StageGraph& graph,
                      const std::vector<std::size_t>& order,
                      const std::vector<KnownOutputs>& outputs, Diagnostics& diagnostics) {
  ReferenceCheck(pipeline, inputs, graph, order, outputs, diagnostics).check();
}

}  // namespace stagerun
