// What an expression is worth in a context. Pure.
#pragma once

#include <string>

#include "core/model/pipeline.h"

namespace stagerun {

struct Condition {
  enum class Answer { holds, does_not_hold, not_known, problem };
  Answer answer = Answer::holds;
  std::string problem;
};

inline Condition evaluate_condition(const StageSpec&, const Value&) { return {}; }

}  // namespace stagerun
