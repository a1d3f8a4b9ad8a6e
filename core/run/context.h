// RunContext: what expressions and plugins see of the run: inputs, surroundings, and the outputs of
// the stages that have ended well.
#pragma once

#include <string>
#include <unordered_set>

#include "core/base/value.h"
#include "core/model/plan.h"
#include "core/model/run_state.h"

namespace stagerun {

class RunContext {
 public:
  // `plan` must outlive this.
  explicit RunContext(const Plan& plan);

  // Takes in what a stage left, once it is settled.
  void learn(const std::string& stage, const StageState& state);

  // For expressions: {"inputs", "stages", "environment", "run", "git", "env", "runs", "secrets"}.
  const Value& value() const { return value_; }
  // For plugins, as JSON: the inputs and the stages.
  const std::string& text() const;

 private:
  Value value_;
  std::unordered_set<std::string> referred_;  // stages that some expression names
  mutable std::string text_;
  mutable bool is_stale_ = true;
};

// The expressions of a stage: in `with` and in `if`.
std::vector<const Expression*> expressions_of(const StageSpec& stage);

}  // namespace stagerun
