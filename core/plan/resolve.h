// Puts values in the place of `${{ }}`. Pure.
#pragma once

#include <vector>

#include "core/base/value.h"
#include "core/model/pipeline.h"
#include "core/model/plan.h"
#include "core/plan/evaluate.h"

namespace stagerun {

struct Resolved {
  Value with;
  std::vector<Reference> missing;           // what has no value, or none yet
  std::vector<ExpressionProblem> problems;  // expressions that can never have one
  std::vector<std::string> pointers;        // of the places that therefore hold their raw text
};

// The stage's `with`, with what its expressions come to in `context` (core/plan/evaluate.h). No
// configuration can hold null: what comes to it is missing. What has been put in is never looked
// through for `${{` again.
Resolved resolve(const StageSpec& stage, const Value& context);

// What the expressions of a plan see before any of its stages has run.
Value context_of(const Plan& plan);

}  // namespace stagerun
