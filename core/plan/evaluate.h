// Works out expressions. Pure.
#pragma once

#include <string>
#include <variant>

#include "core/base/value.h"
#include "core/model/expression.h"
#include "core/model/pipeline.h"

namespace stagerun {

// The context has no value for this yet: a stage that has not run, a run that has not begun.
struct NotYet {
  Reference reference;
};

// It can never have a value: what it works on is of another type than it takes.
struct ExpressionProblem {
  std::string text;
  Span span;
};

using Evaluated = std::variant<Value, NotYet, ExpressionProblem>;

// `context` is an object with any of the members inputs, stages, runs, run, git, environment, env
// and secrets, each as expressions see it: {"stages": {NAME: {"outputs": {...}}}, ...}. What is not
// in it, and every stage and secret that is not, has no value yet; what is absent deeper in it is
// null: an input without a value, an output of a stage that was skipped. Of `&&` and `||` one side
// is enough where it decides.
Evaluated evaluate(const Expression& expression, const Value& context);

// Whether a stage's `if` lets it run; one without holds.
struct Condition {
  enum class Answer { holds, does_not_hold, not_known_yet, problem };

  Answer answer = Answer::holds;
  std::string text;  // of a problem, what it is; of not_known_yet, what it waits for
};

Condition evaluate_condition(const StageSpec& stage, const Value& context);

}  // namespace stagerun
