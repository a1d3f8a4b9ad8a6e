// Expression: what stands in `${{ }}` and in `if`, as a value.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/base/value.h"

namespace stagerun {

// What an expression names, as a path of words: "stages", "migrate", "outputs", "count".
struct Reference {
  std::vector<std::string> path;
  Span span;

  friend bool operator==(const Reference&, const Reference&) = default;
};

// In postfix order, so that nobody needs recursion to work it out: each node takes the values that
// its operands left and leaves one.
struct Expression {
  enum class Kind {
    literal,
    reference,
    negation,  // !a
    equal,
    unequal,
    less,
    at_most,
    more,
    at_least,
    conjunction,  // a && b
    disjunction,  // a || b
    membership,   // a in b
    list,         // (a, b, ...): `arity` items
    function,     // name(a, ...): `arity` arguments
  };
  struct Node {
    Kind kind = Kind::literal;
    Value literal;
    Reference reference;
    std::string name;  // of the function
    std::size_t arity = 0;
    Span span;

    friend bool operator==(const Node&, const Node&) = default;
  };
  std::vector<Node> nodes;
  Span span;

  // The reference, where the expression is nothing else; or null.
  const Reference* whole_reference() const {
    return nodes.size() == 1 && nodes[0].kind == Kind::reference ? &nodes[0].reference : nullptr;
  }
  std::vector<const Reference*> references() const {
    std::vector<const Reference*> found;
    for (const Node& node : nodes) {
      if (node.kind == Kind::reference) found.push_back(&node.reference);
    }
    return found;
  }

  friend bool operator==(const Expression&, const Expression&) = default;
};

}  // namespace stagerun
