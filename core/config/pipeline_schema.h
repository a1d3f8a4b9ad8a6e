// The JSON Schema (draft 7) of a pipeline file, for editors: what keys.h says, and what the plugins
// say of `with`. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/base/value.h"

namespace stagerun {

// What a stage may use, and what its `with` may then hold.
struct UsesSchema {
  std::string uses;  // "exec", "http.check"
  std::string summary;
  Value with;
  Value part;               // of a `with` that environments may complete
  bool needs_with = false;  // an empty `with` is refused
};

// Refuses nothing that the reader takes; says less than it where a schema cannot look: at other
// keys' names, at the length of a duration, into expressions. `definitions` are what the schemas in
// `stages` refer to. Members are sorted by name, so that the same input gives the same text.
Value pipeline_schema(const std::vector<UsesSchema>& stages, const Value& definitions);

}  // namespace stagerun
