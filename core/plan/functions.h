// The functions that expressions may call (core/model/expression.h lists them). Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/base/value.h"

namespace stagerun {

// The value, or what is wrong, in words. `arguments` fit the function's parameters.
std::variant<Value, std::string> call_function(const std::string& name,
                                               const std::vector<Value>& arguments);

// True where both are the same, 1 and 1.0 included.
bool are_equal(const Value& a, const Value& b);

// What stands in a longer text for the value.
std::string as_text(const Value& value);

}  // namespace stagerun
