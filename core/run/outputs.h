// Whether an output is one that the stage declared, and of its type. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/base/value.h"

namespace stagerun {

// What is wrong with the output, or nothing. `schema` is the stage's outputs schema.
std::optional<std::string> output_problem(const Value& schema, const std::string& name,
                                          const Value& value);

}  // namespace stagerun
