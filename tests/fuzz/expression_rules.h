// What every expression that was read must be: something that can be worked out.
#pragma once

#include "core/model/expression.h"
#include "tests/fuzz/fuzz.h"

namespace stagerun::fuzz {

inline void must_be_complete(const Expression& expression, std::string_view file) {
  std::size_t values = 0;
  for (const Expression::Node& node : expression.nodes) {
    MUST(values >= node.operands());
    values += 1 - node.operands();
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
