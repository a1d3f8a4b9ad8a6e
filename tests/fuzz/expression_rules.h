// What every expression that was read must be: something that can be worked out.
#pragma once

#include "core/model/expression.h"
#include "tests/fuzz/fuzz.h"

namespace stagerun::fuzz {

// How many values the node takes from those that the nodes before it left.
inline std::size_t taken_by(const Expression::Node& node) {
  using Kind = Expression::Kind;
  switch (node.kind) {
    case Kind::literal:
    case Kind::reference:
      return 0;
    case Kind::negation:
      return 1;
    case Kind::list:
    case Kind::function:
      return node.arity;
    default:
      return 2;
  }
}

inline void must_be_complete(const Expression& expression, std::string_view file) {
  std::size_t values = 0;
  for (const Expression::Node& node : expression.nodes) {
    MUST(values >= taken_by(node));
    values += 1 - taken_by(node);
    must_be_inside(node.span, file);
    if (node.kind != Expression::Kind::reference) continue;
    must_be_inside(node.reference.span, file);
    MUST(!node.reference.path.empty());
    for (const std::string& word : node.reference.path) MUST(!word.empty());
  }
  MUST(values == 1);
  must_be_inside(expression.span, file);
}

}  // namespace stagerun::fuzz
