// Pipeline: a runbook as the user wrote it, parsed and checked for form, not yet resolved. Plain
// values with the places they came from, so that every later complaint can show its line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/base/value.h"
#include "core/model/outcome.h"

namespace stagerun {

// One `${{ ... }}`: what it names, as a path of words ("stages", "migrate", "outputs", "count").
struct Reference {
  std::vector<std::string> path;
  Span span;

  friend bool operator==(const Reference&, const Reference&) = default;
};

// A string with references in it: literal, reference, literal, ... A string that is nothing but one
// reference takes the type of what it names; anything else becomes a string.
struct Template {
  struct Part {
    std::string literal;                 // where there is no reference
    std::optional<Reference> reference;  // where there is one
  };
  std::vector<Part> parts;

  bool is_whole_reference() const { return parts.size() == 1 && parts[0].reference.has_value(); }
};

struct InputSpec {
  std::string name;
  Span span;
  std::string type = "string";  // string | integer | boolean
  bool required = false;
  std::optional<Value> fallback;  // `default` in the file
  std::string pattern;
  std::vector<Value> choices;
  std::string description;
};

struct StageSpec {
  std::string name;
  Span span;  // of the name
  std::string uses;
  Span uses_span;
  std::vector<std::string> needs;  // filled with the stage before it where the file says nothing
  std::map<std::string, Span> needs_spans;
  std::int64_t timeout_ms = 0;
  OnFailure on_failure = OnFailure::rollback;
  RollbackPolicy rollback = RollbackPolicy::automatic;
  bool acknowledge_irreversible = false;

  Value with;                                  // as written; strings hold their `${{ }}` still
  std::map<std::string, Template> templates;   // by RFC 6901 pointer into `with`
  std::map<std::string, Span> with_spans;      // by the same; "" is `with` itself
  std::map<std::string, Span> with_key_spans;  // of the keys, by the pointer to what they name
};

struct Pipeline {
  std::string name;
  std::string environment;
  std::string description;
  std::vector<InputSpec> inputs;
  std::vector<StageSpec> stages;  // in the order of the file
};

}  // namespace stagerun
