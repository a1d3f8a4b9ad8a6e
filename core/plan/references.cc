#include "core/plan/references.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "core/plan/hint.h"
#include "core/plan/schema_values.h"
#include "core/plan/types.h"

namespace stagerun {
namespace {

// A reference, and whether it does no harm where it has no value.
struct Use {
  const Reference* reference = nullptr;
  bool may_be_absent = false;
};

std::vector<Use> uses_of(const StageSpec& stage) {
  std::vector<Use> uses;
  const auto add = [&uses](const Expression& expression, bool harmless) {
    const auto absent = may_be_absent(expression);
    for (std::size_t i = 0; i < expression.nodes.size(); ++i) {
      const Expression::Node& node = expression.nodes[i];
      if (node.kind != Expression::Kind::reference) continue;
      uses.push_back({&node.reference, harmless || absent[i]});
    }
  };
  if (stage.condition) add(*stage.condition, true);
  for (const auto& [pointer, text] : stage.templates) {
    for (const Template::Part& part : text.parts) {
      if (part.expression) add(*part.expression, false);
    }
  }
  return uses;
}

class ReferenceCheck {
 public:
  ReferenceCheck(const Pipeline& pipeline, const Value& inputs, const StageGraph& graph,
                 const std::vector<std::size_t>& order, const OutputSchemas& outputs,
                 Diagnostics& diagnostics)
      : pipeline_(pipeline),
        values_(inputs),
        graph_(graph),
        outputs_(outputs),
        diagnostics_(diagnostics),
        position_(order.size()),
        seen_by_(pipeline.stages.size(), 0) {
    for (std::size_t i = 0; i < order.size(); ++i) position_[order[i]] = i;
    find_chains(order);
    for (const InputSpec& input : pipeline.inputs) {
      inputs_.emplace(input.name, &input);
      input_names_.push_back(input.name);
    }
    for (const SecretSpec& secret : pipeline.secrets) secret_names_.push_back(secret.name);
    for (const StageSpec& stage : pipeline.stages) stage_names_.push_back(stage.name);
    for (const StageSpec& stage : pipeline.left_out) left_out_.insert(stage.name);
  }

  void check() {
    for (std::size_t stage = 0; stage < pipeline_.stages.size(); ++stage) {
      std::vector<Use> to_stages;
      for (const Use& use : uses_of(pipeline_.stages[stage])) {
        const std::string& root = use.reference->path[0];
        if (root == "inputs") check_input(use);
        if (root == "env") check_variable(*use.reference);
        if (root == "secrets") check_secret(pipeline_.stages[stage], *use.reference);
        if (root == "stages") to_stages.push_back(use);
      }
      if (!to_stages.empty()) check_stages(stage, to_stages);
    }
  }

 private:
  bool is_unread(const char* key) const { return pipeline_.unread.count(key) != 0; }

  void check_input(const Use& use) {
    const std::string& name = use.reference->path[1];
    const auto found = inputs_.find(name);
    if (found == inputs_.end()) {
      if (is_unread("inputs")) return;
      complain("reference.input", *use.reference,
               fmt::format("the pipeline has no input `{}`", name),
               hint_for(name, input_names_, diagnostics_));
      return;
    }
    // One that is required has been reported already where it has no value.
    const InputSpec& input = *found->second;
    const bool has_value = input.required || input.fallback || values_.find(name) != nullptr;
    if (has_value || input.is_broken || use.may_be_absent) return;
    complain("reference.no_value", *use.reference, fmt::format("input `{}` has no value", name),
             fmt::format("give it with -i {0}=..., give it a default, or write default(inputs.{0}, "
                         "...)",
                         name));
  }

  void check_variable(const Reference& reference) {
    const std::string& name = reference.path[1];
    if (is_unread("env") || pipeline_.variables_spans.count(name) != 0) return;
    complain("env.unlisted", reference, fmt::format("variable `{}` is not listed in `env`", name),
             fmt::format("add \"{}\" to `env` at the top of the file", name));
  }

  void check_secret(const StageSpec& stage, const Reference& reference) {
    const std::string& name = reference.path[1];
    const bool is_declared =
        std::find(secret_names_.begin(), secret_names_.end(), name) != secret_names_.end();
    if (stage.secrets_spans.count(name) != 0) return;  // a grant says what is wrong with it itself
    if (!is_declared && !is_unread("secrets")) {
      complain("secret.undeclared", reference, fmt::format("[secrets] has no `{}`", name),
               secret_hint(name));
    } else if (!stage.is_broken) {
      complain("secret.not_granted", reference,
               fmt::format("stage `{}` is not granted secret `{}`", stage.name, name),
               fmt::format("add \"{}\" to its `secrets`", name));
    }
  }

  std::string secret_hint(const std::string& name) const {
    const std::string near = hint_for(name, secret_names_, diagnostics_);
    return near.empty() ? fmt::format("write {} = {{ env = \"{}\" }} under [secrets]", name, name)
                        : near;
  }

  void check_stages(std::size_t stage, const std::vector<Use>& uses) {
    std::vector<std::size_t> targets;
    for (const Use& use : uses) {
      const std::string& name = use.reference->path[1];
      if (left_out_.count(name) != 0) {
        check_left_out(use);
        continue;
      }
      const auto found = graph_.index.find(name);
      if (found == graph_.index.end()) {
        if (is_unread("stage")) continue;
        complain("reference.stage", *use.reference, fmt::format("there is no stage `{}`", name),
                 hint_for(name, stage_names_, diagnostics_));
        continue;
      }
      check_output(*use.reference, found->second);
      if (position_.empty()) continue;
      if (!is_before_in_chain(found->second, stage)) targets.push_back(found->second);
    }
    if (position_.empty()) return;
    if (!targets.empty()) mark_needed(stage, targets);
    for (const Use& use : uses) check_order(stage, use);
  }

  void check_left_out(const Use& use) {
    if (use.may_be_absent) return;
    complain("reference.left_out", *use.reference,
             fmt::format("stage `{}` is left out in environment `{}`", use.reference->path[1],
                         pipeline_.environment),
             "write default(REFERENCE, ...), or give this place another value there");
  }

  void check_order(std::size_t stage, const Use& use) {
    const std::string& name = use.reference->path[1];
    const auto found = graph_.index.find(name);
    if (found == graph_.index.end()) return;
    const StageSpec& own = pipeline_.stages[stage];
    if (found->second == stage) {
      complain("reference.itself", *use.reference,
               fmt::format("stage `{}` refers to its own output", own.name),
               "an output is there once its stage has run");
    } else if (seen_by_[found->second] != stage + 1 && !is_before_in_chain(found->second, stage)) {
      complain("reference.order", *use.reference,
               fmt::format("stage `{}` is not sure to run before `{}`", name, own.name),
               fmt::format("add \"{}\" to the `needs` of `{}`", name, own.name));
    } else if (!use.may_be_absent && !own.condition && pipeline_.stages[found->second].condition) {
      complain("reference.skipped", *use.reference,
               fmt::format("stage `{}` may be skipped, and then has no outputs", name),
               "write default(REFERENCE, ...), or give this stage an `if` too");
    }
  }

  // Stages of which each needs the one before it: what nearly every pipeline is made of. In a chain
  // it takes no search to tell who runs before whom.
  void find_chains(const std::vector<std::size_t>& order) {
    chain_.resize(order.size());
    std::vector<std::size_t> last;  // of each chain
    for (const std::size_t stage : order) {
      const auto& needs = graph_.needs[stage];
      const auto end = std::find_if(needs.begin(), needs.end(),
                                    [&](std::size_t need) { return last[chain_[need]] == need; });
      if (end == needs.end()) {
        chain_[stage] = last.size();
        last.push_back(stage);
      } else {
        chain_[stage] = chain_[*end];
        last[chain_[stage]] = stage;
      }
    }
  }

  bool is_before_in_chain(std::size_t earlier, std::size_t later) const {
    return chain_[earlier] == chain_[later] && position_[earlier] < position_[later];
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
    const Value* declared = outputs_[stage].find("properties");
    const std::string& name = reference.path[3];
    if (declared == nullptr || declared->find(name) != nullptr) return;
    const auto names = keys_of(declared);
    complain("reference.output", reference,
             fmt::format("stage `{}` has no output `{}`", reference.path[1], name),
             names.empty() ? "it has none" : hint_for(name, names, diagnostics_));
  }

  void complain(const char* code, const Reference& reference, std::string text, std::string hint) {
    diagnostics_.push_back({code, reference.span, std::move(text), std::move(hint)});
  }

  const Pipeline& pipeline_;
  const Value& values_;
  const StageGraph& graph_;
  const OutputSchemas& outputs_;
  Diagnostics& diagnostics_;
  std::vector<std::size_t> position_;  // in the order, by the place in the file
  std::vector<std::size_t> chain_;     // that it is part of, by the same
  std::vector<std::size_t> seen_by_;   // the last stage, plus one, that was found to need it
  std::unordered_map<std::string, const InputSpec*> inputs_;
  std::vector<std::string> input_names_;
  std::vector<std::string> secret_names_;
  std::vector<std::string> stage_names_;
  std::unordered_set<std::string> left_out_;
};

}  // namespace

void check_references(const Pipeline& pipeline, const Value& inputs, const StageGraph& graph,
                      const std::vector<std::size_t>& order, const OutputSchemas& outputs,
                      Diagnostics& diagnostics) {
  ReferenceCheck(pipeline, inputs, graph, order, outputs, diagnostics).check();
}

}  // namespace stagerun
