#include "core/plan/resolve.h"

#include <utility>

#include "core/plan/functions.h"

namespace stagerun {
namespace {

// What there is to blame for a null: the first of the expression's references that came to it.
void blame(const Expression& expression, const Value& context, Resolved& resolved) {
  for (const Reference* reference : expression.references()) {
    Expression alone;
    alone.nodes.emplace_back();
    alone.nodes[0].kind = Expression::Kind::reference;
    alone.nodes[0].reference = *reference;
    const Evaluated value = evaluate(alone, context);
    const auto* found = std::get_if<Value>(&value);
    if (found != nullptr && !found->is_null()) continue;
    resolved.missing.push_back(*reference);
    return;
  }
  resolved.problems.push_back({"it comes to null, which is no value", expression.span});
}

// Nothing, and noted, where it has no value.
std::optional<Value> value_of(const Expression& expression, const Value& context,
                              Resolved& resolved) {
  if (expression.nodes.empty()) return std::nullopt;
  Evaluated result = evaluate(expression, context);
  if (const auto* waits = std::get_if<NotYet>(&result)) {
    resolved.missing.push_back(waits->reference);
    return std::nullopt;
  }
  if (const auto* problem = std::get_if<ExpressionProblem>(&result)) {
    resolved.problems.push_back(*problem);
    return std::nullopt;
  }
  Value& value = std::get<Value>(result);
  if (!value.is_null()) return std::move(value);
  blame(expression, context, resolved);
  return std::nullopt;
}

}  // namespace

Resolved resolve(const StageSpec& stage, const Value& context) {
  Resolved resolved;
  resolved.with = stage.with;
  for (const auto& [pointer, text] : stage.templates) {
    bool is_complete = true;
    std::string joined;
    std::optional<Value> last;
    for (const Template::Part& part : text.parts) {
      joined += part.literal;
      if (!part.expression) continue;
      last = value_of(*part.expression, context, resolved);
      is_complete = is_complete && last.has_value();
      if (last) joined += as_text(*last);
    }
    Value* place = resolved.with.at(pointer);
    if (place == nullptr) continue;
    if (!is_complete) {
      resolved.pointers.push_back(pointer);
    } else {
      *place = text.is_whole_expression() ? *std::move(last) : Value(std::move(joined));
    }
  }
  return resolved;
}

Value context_of(const Plan& plan) {
  Value context = plan.surroundings.members() != nullptr ? plan.surroundings : Value::object();
  context.set("inputs", plan.inputs.is_null() ? Value::object() : plan.inputs);
  context.set("stages", Value::object());
  return context;
}

}  // namespace stagerun
