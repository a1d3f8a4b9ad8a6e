#include "core/plan/evaluate.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/plan/functions.h"
#include "core/plan/schema_values.h"

namespace stagerun {
namespace {

using Kind = Expression::Kind;

Evaluated look_up(const Reference& reference, const Value& context) {
  const std::string& root = reference.path[0];
  // Of these each has a value, or none yet; of all else the whole is known or nothing.
  const std::size_t open = root == "stages" || root == "secrets" ? 2 : 1;
  const Value* place = &context;
  for (std::size_t i = 0; i < reference.path.size(); ++i) {
    place = place->find(reference.path[i]);
    if (place != nullptr) continue;
    if (i < open) return NotYet{reference};
    return Value();
  }
  return *place;
}

Types numeric(Types types) {
  return (types & type_numeric) != 0 ? static_cast<Types>(types | type_numeric) : types;
}

bool is_order(Kind kind) {
  return kind == Kind::less || kind == Kind::at_most || kind == Kind::more ||
         kind == Kind::at_least;
}

template <typename T>
bool holds(Kind kind, const T& a, const T& b) {
  if (kind == Kind::less) return a < b;
  if (kind == Kind::at_most) return a <= b;
  if (kind == Kind::more) return b < a;
  return b <= a;
}

double as_double(const Value& value) {
  return value.integer() != nullptr ? static_cast<double>(*value.integer()) : *value.number();
}

class Evaluation {
 public:
  Evaluation(const Expression& expression, const Value& context)
      : expression_(expression), context_(context) {}

  Evaluated work_out() {
    if (expression_.nodes.empty()) return ExpressionProblem{"it could not be read", {}};
    for (const Expression::Node& node : expression_.nodes) {
      if (node.kind == Kind::literal) {
        stack_.emplace_back(node.literal);
      } else if (node.kind == Kind::reference) {
        stack_.push_back(look_up(node.reference, context_));
      } else {
        apply(node);
      }
    }
    CHECK(stack_.size() == 1);
    return std::move(stack_.back());
  }

 private:
  void apply(const Expression::Node& node) {
    const std::size_t count = node.operands();
    CHECK(stack_.size() >= count);
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<Evaluated> operands(std::make_move_iterator(first),
                                    std::make_move_iterator(stack_.end()));
    stack_.erase(first, stack_.end());
    const bool decides = node.kind == Kind::conjunction || node.kind == Kind::disjunction;
    stack_.push_back(decides ? decide(node, operands) : combine(node, operands));
  }

  // One side is enough: false && anything, true || anything.
  Evaluated decide(const Expression::Node& node, std::vector<Evaluated>& operands) {
    const bool enough = node.kind == Kind::disjunction;
    for (const Evaluated& operand : operands) {
      const Value* value = std::get_if<Value>(&operand);
      if (value != nullptr && value->boolean() != nullptr && *value->boolean() == enough) {
        return Value(enough);
      }
      if (value != nullptr && value->boolean() == nullptr) return wants(node, "booleans", *value);
      // What the left side waits for, or is wrong with, is only passed over by a right side that is
      // enough by itself.
    }
    for (Evaluated& operand : operands) {
      if (!std::holds_alternative<Value>(operand)) return std::move(operand);
    }
    return Value(!enough);
  }

  Evaluated combine(const Expression::Node& node, std::vector<Evaluated>& operands) {
    std::vector<Value> values;
    for (Evaluated& operand : operands) {
      if (std::holds_alternative<ExpressionProblem>(operand)) return std::move(operand);
    }
    for (Evaluated& operand : operands) {
      if (std::holds_alternative<NotYet>(operand)) return std::move(operand);
      values.push_back(std::get<Value>(std::move(operand)));
    }
    if (node.kind == Kind::list) return Value(std::move(values));
    if (node.kind == Kind::function) return call(node, values);
    if (node.kind == Kind::negation) {
      if (values[0].boolean() == nullptr) return wants(node, "a boolean", values[0]);
      return Value(!*values[0].boolean());
    }
    if (node.kind == Kind::membership) return find_in(node, values[0], values[1]);
    return compare(node, values[0], values[1]);
  }

  static Evaluated compare(const Expression::Node& node, const Value& a, const Value& b) {
    const Types left = numeric(type_of(a));
    const Types right = numeric(type_of(b));
    if (!is_order(node.kind)) {
      if (left != right && left != type_null && right != type_null) return unlike(node, a, b);
      return Value(are_equal(a, b) == (node.kind == Kind::equal));
    }
    if (left != right || (left != type_string && left != type_numeric)) return unlike(node, a, b);
    if (a.text() != nullptr) return Value(holds(node.kind, *a.text(), *b.text()));
    // Integers as such: a double cannot tell large ones apart.
    if (a.integer() != nullptr && b.integer() != nullptr) {
      return Value(holds(node.kind, *a.integer(), *b.integer()));
    }
    return Value(holds(node.kind, as_double(a), as_double(b)));
  }

  static Evaluated find_in(const Expression::Node& node, const Value& item, const Value& list) {
    if (list.items() == nullptr) return wants(node, "an array on its right", list);
    for (const Value& each : *list.items()) {
      if (are_equal(each, item)) return Value(true);
    }
    return Value(false);
  }

  static Evaluated call(const Expression::Node& node, const std::vector<Value>& values) {
    const FunctionSpec& function = *find_function(node.name);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if ((function.parameters[i] & numeric(type_of(values[i]))) != 0) continue;
      return ExpressionProblem{
          fmt::format("`{}` wants {}; this is {}", node.name, describe(function.parameters[i]),
                      describe(type_of(values[i]))),
          node.span};
    }
    auto answer = call_function(node.name, values);
    if (auto* problem = std::get_if<std::string>(&answer)) {
      return ExpressionProblem{fmt::format("`{}`: {}", node.name, *problem), node.span};
    }
    return std::get<Value>(std::move(answer));
  }

  static ExpressionProblem wants(const Expression::Node& node, const char* what, const Value& got) {
    return {fmt::format("`{}` wants {}; this is {}", symbol_of(node.kind), what,
                        describe(type_of(got))),
            node.span};
  }

  static ExpressionProblem unlike(const Expression::Node& node, const Value& a, const Value& b) {
    return {fmt::format("`{}` cannot compare {} with {}", symbol_of(node.kind),
                        describe(type_of(a)), describe(type_of(b))),
            node.span};
  }

  const Expression& expression_;
  const Value& context_;
  std::vector<Evaluated> stack_;
};

}  // namespace

Evaluated evaluate(const Expression& expression, const Value& context) {
  return Evaluation(expression, context).work_out();
}

Condition evaluate_condition(const StageSpec& stage, const Value& context) {
  using Answer = Condition::Answer;
  if (!stage.condition) return {};
  const Evaluated result = evaluate(*stage.condition, context);
  if (const auto* waits = std::get_if<NotYet>(&result)) {
    return {Answer::not_known_yet, fmt::format("{}", fmt::join(waits->reference.path, "."))};
  }
  if (const auto* problem = std::get_if<ExpressionProblem>(&result)) {
    return {Answer::problem, problem->text};
  }
  const Value& value = std::get<Value>(result);
  if (value.boolean() == nullptr) {
    return {Answer::problem,
            fmt::format("`if` must give a boolean; this is {}", describe(type_of(value)))};
  }
  return {*value.boolean() ? Answer::holds : Answer::does_not_hold, ""};
}

}  // namespace stagerun
