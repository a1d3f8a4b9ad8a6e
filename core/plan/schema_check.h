// Holds a stage's `with` against its plugin's JSON Schema (draft 7, without references). Our own
// walk over the schema: a validator's messages are for programmers, and none knows an expression
// whose value will only be there later.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/base/pattern.h"
#include "core/base/value.h"
#include "core/model/expression.h"
#include "core/model/pipeline.h"
#include "core/plan/resolve.h"

namespace stagerun {

// Keeps the patterns that it has compiled: one for a whole pipeline.
class SchemaChecker {
 public:
  // Reports everything that does not fit, each at its own place in the file. Of a place that holds
  // an expression without a value yet only the type is asked: the one in `types`, by its pointer;
  // any where it is not there. A longer string with such an expression in it is a string.
  void check(const Value& schema, const StageSpec& stage, const Resolved& resolved,
             const std::map<std::string, Types>& types, Diagnostics& diagnostics);

 private:
  friend class SchemaWalk;
  const Pattern& pattern(const std::string& text);

  std::map<std::string, std::unique_ptr<const Pattern>> patterns_;
};

// What keeps SchemaChecker from checking all that the schema says: keywords that it does not know
// and those of the wrong form. None where `schema` is null.
std::vector<std::string> schema_problems(const Value& schema);

}  // namespace stagerun
