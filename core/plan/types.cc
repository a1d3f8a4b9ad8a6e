#include "core/plan/types.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/base/pattern.h"

namespace stagerun {
namespace {

using Kind = Expression::Kind;

// An integer may stand for a number, and a number be whole.
Types numeric(Types types) {
  return (types & type_numeric) != 0 ? static_cast<Types>(types | type_numeric) : types;
}

bool can_be_equal(Types a, Types b) {
  return a == type_null || b == type_null || (numeric(a) & numeric(b)) != 0;
}

class TypeCheck {
 public:
  TypeCheck(const Expression& expression, const TypesOf& types_of, Diagnostics& diagnostics)
      : expression_(expression), types_of_(types_of), diagnostics_(diagnostics) {}

  Types check() {
    for (std::size_t i = 0; i < expression_.nodes.size(); ++i) {
      const Expression::Node& node = expression_.nodes[i];
      const std::size_t count = node.operands();
      CHECK(stack_.size() >= count);
      const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
      const std::vector<Operand> operands(first, stack_.end());
      stack_.erase(first, stack_.end());
      Operand result = judge(node, i, operands);
      result.span = node.span;
      stack_.push_back(result);
    }
    return stack_.empty() ? Types{type_any} : stack_.back().types;
  }

 private:
  struct Operand {
    Types types = type_any;
    Types items = type_any;  // of a list that is written out
    Span span = {};
  };

  Operand judge(const Expression::Node& node, std::size_t place,
                const std::vector<Operand>& operands) {
    switch (node.kind) {
      case Kind::literal:
        return {type_of(node.literal)};
      case Kind::reference:
        return {types_of_(node.reference)};
      case Kind::list:
        return list(operands);
      case Kind::function:
        return call(node, place, operands);
      case Kind::membership:
        return membership(node, operands);
      case Kind::negation:
      case Kind::conjunction:
      case Kind::disjunction:
        for (const Operand& operand : operands) want_boolean(node, operand);
        return {type_boolean};
      case Kind::equal:
      case Kind::unequal:
        if (!can_be_equal(operands[0].types, operands[1].types)) {
          unlike(node, operands, "they are never equal");
        }
        return {type_boolean};
      default:
        order(node, operands);
        return {type_boolean};
    }
  }

  static Operand list(const std::vector<Operand>& operands) {
    Types items = 0;
    for (const Operand& operand : operands) items = static_cast<Types>(items | operand.types);
    return {type_array, items, {}};
  }

  void want_boolean(const Expression::Node& node, const Operand& operand) {
    if ((operand.types & type_boolean) != 0) return;
    complain("type.boolean", operand.span,
             fmt::format("`{}` takes booleans; this is {}", symbol_of(node.kind),
                         describe(operand.types)),
             "");
  }

  void order(const Expression::Node& node, const std::vector<Operand>& operands) {
    const Types both = static_cast<Types>(numeric(operands[0].types) & numeric(operands[1].types));
    if ((both & (type_numeric | type_string)) != 0) return;
    unlike(node, operands, "numbers are compared with numbers, strings with strings");
  }

  Operand membership(const Expression::Node& node, const std::vector<Operand>& operands) {
    if ((operands[1].types & type_array) == 0) {
      complain(
          "type.list", operands[1].span,
          fmt::format("`in` takes a list or an array; this is {}", describe(operands[1].types)),
          "write x in ('a', 'b'), or contains(text, part)");
    } else if (!can_be_equal(operands[0].types, operands[1].items)) {
      complain("type.never_in", node.span,
               fmt::format("no item of this list can equal {}", describe(operands[0].types)), "");
    }
    return {type_boolean};
  }

  Operand call(const Expression::Node& node, std::size_t place,
               const std::vector<Operand>& operands) {
    const FunctionSpec& function = *find_function(node.name);
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if ((function.parameters[i] & numeric(operands[i].types)) != 0) continue;
      complain("type.argument", operands[i].span,
               fmt::format("`{}` takes {} here; this is {}", node.name,
                           describe(function.parameters[i]), describe(operands[i].types)),
               fmt::format("{}: {}", function.form, function.summary));
    }
    if (node.name == "default") {
      return {static_cast<Types>(without_null(operands[0].types) | operands[1].types)};
    }
    if (node.name == "matches") check_pattern(expression_.nodes[place - 1]);
    return {function.result};
  }

  void check_pattern(const Expression::Node& node) {
    if (node.kind != Kind::literal || node.literal.text() == nullptr) return;
    const Pattern pattern(*node.literal.text());
    if (pattern.is_valid()) return;
    complain("type.pattern", node.span, "the pattern is not valid", pattern.problem());
  }

  void unlike(const Expression::Node& node, const std::vector<Operand>& operands,
              const char* hint) {
    complain("type.unlike", node.span,
             fmt::format("`{}` compares {} with {}", symbol_of(node.kind),
                         describe(operands[0].types), describe(operands[1].types)),
             hint);
  }

  void complain(const char* code, const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({code, span, std::move(text), std::move(hint)});
  }

  const Expression& expression_;
  const TypesOf& types_of_;
  Diagnostics& diagnostics_;
  std::vector<Operand> stack_;
};

}  // namespace

Types check_types(const Expression& expression, const TypesOf& types_of, Diagnostics& diagnostics) {
  return TypeCheck(expression, types_of, diagnostics).check();
}

std::vector<bool> may_be_absent(const Expression& expression) {
  std::vector<bool> harmless(expression.nodes.size(), false);
  std::vector<std::size_t> begins;  // of the operands that are open, in nodes
  for (std::size_t i = 0; i < expression.nodes.size(); ++i) {
    const Expression::Node& node = expression.nodes[i];
    const std::size_t count = node.operands();
    const std::size_t begin = count == 0 ? i : begins[begins.size() - count];
    if (node.kind == Kind::function && node.name == "default") {
      const std::size_t other = begins.back();
      std::fill(harmless.begin() + static_cast<std::ptrdiff_t>(begin),
                harmless.begin() + static_cast<std::ptrdiff_t>(other), true);
    }
    begins.resize(begins.size() - count);
    begins.push_back(begin);
  }
  return harmless;
}

}  // namespace stagerun
