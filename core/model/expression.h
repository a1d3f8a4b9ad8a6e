// Expression: what stands in `${{ }}` and in `if`, as a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
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
// its operands left and leaves one. Without nodes it is one that could not be read: that has been
// reported, and it has no value.
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

    // How many values it takes from those that the nodes before it left.
    std::size_t operands() const;

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

// "==", "in": how an operator is written.
std::string_view symbol_of(Expression::Kind kind);

// What values an expression may have, as far as it is known: a bit for each of JSON's types.
using Types = std::uint8_t;

enum TypeBit : Types {
  type_null = 1u << 0,
  type_boolean = 1u << 1,
  type_integer = 1u << 2,
  type_number = 1u << 3,
  type_string = 1u << 4,
  type_array = 1u << 5,
  type_object = 1u << 6,
  type_any = 127,
  type_numeric = type_integer | type_number,
};

// The bit of a type's name in JSON Schema; 0 where it is none.
Types type_named(std::string_view name);
Types type_of(const Value& value);
// What is left where something takes the place of null.
inline Types without_null(Types types) { return static_cast<Types>(types & ~type_null); }
// "a string or an integer"; "anything" where all are possible.
std::string describe(Types types);

// A function that expressions may call. The one list of them: parser, type check, evaluation and
// documents follow it.
struct FunctionSpec {
  std::string_view name;
  std::string_view form;          // "starts_with(text, start)"
  std::vector<Types> parameters;  // what each argument may be
  Types result = type_any;
  std::string_view summary;
};

const std::vector<FunctionSpec>& functions();
const FunctionSpec* find_function(std::string_view name);

}  // namespace stagerun
