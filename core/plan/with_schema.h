// A plugin's schema of `with` (what schema_check.h reads), as an editor needs it: with `${{ }}` in
// the place of any value, as SchemaChecker takes it. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/base/value.h"
#include "core/model/plugin_info.h"

namespace stagerun {

// An expression fits every place below `with`, one within a longer text every place of a string.
// What the schema says of several places together is asked only where no expression stands in them.
// The result refers to with_definitions(), and is nested no deeper than limits::kDepth: what would
// be is left unsaid.
Value with_schema(const Value& schema);

// The same of a `with` that environments may complete: nothing has to be there yet.
Value part_schema(const Value& schema);

// What both refer to as "#/definitions/...".
Value with_definitions();

// True where the schema refuses a `with` that is empty or absent.
bool needs_with(const Value& schema);

// What makes a plugin's stage one that nobody can use: faults of its schemas and its manifest.
std::vector<std::string> stage_problems(const StageInfo& stage);

}  // namespace stagerun
