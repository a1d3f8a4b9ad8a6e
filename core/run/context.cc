#include "core/run/context.h"

#include "core/base/json.h"
#include "core/plan/resolve.h"

namespace stagerun {

std::vector<const Expression*> expressions_of(const StageSpec& stage) {
  std::vector<const Expression*> found;
  if (stage.condition) found.push_back(&*stage.condition);
  for (const auto& [pointer, text] : stage.templates) {
    for (const Template::Part& part : text.parts) {
      if (part.expression) found.push_back(&*part.expression);
    }
  }
  return found;
}

RunContext::RunContext(const Plan& plan) : value_(context_of(plan)) {
  for (const PlannedStage& planned : plan.stages) {
    for (const Expression* expression : expressions_of(planned.spec)) {
      for (const Reference* reference : expression->references()) {
        if (reference->path.size() > 1 && reference->path[0] == "stages") {
          referred_.insert(reference->path[1]);
        }
      }
    }
  }
}

// Stages without outputs that nobody asks for are left out: there may be ten thousand of them.
void RunContext::learn(const std::string& stage, const StageState& state) {
  if (!state.settled || !is_success(state.settled->result)) return;
  const bool has_outputs = state.outputs.members() != nullptr && !state.outputs.members()->empty();
  if (!has_outputs && !referred_.contains(stage)) return;
  const bool skipped = state.settled->result == StageResult::skipped;
  Value entry = Value::object();
  entry.set("outputs", has_outputs ? state.outputs : Value::object());
  if (skipped) entry.set("skipped", true);
  value_.find("stages")->set(stage, std::move(entry));
  is_stale_ = true;
}

const std::string& RunContext::text() const {
  if (!is_stale_) return text_;
  Value shown;
  shown.set("inputs", *value_.find("inputs")).set("stages", *value_.find("stages"));
  text_ = render_json(shown);
  is_stale_ = false;
  return text_;
}

}  // namespace stagerun
