// JSON text to Value and back. The door to nlohmann/json. Pure; safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/value.h"

namespace stagerun {

// Refuses what is not JSON, not UTF-8, nested deeper than limits::kDepth, or an integer that does
// not fit 64 bits signed. Errors have ErrorCode::corrupt.
Result<Value> parse_json(std::string_view text);

// One line, no spaces, members in their order. Text that is not UTF-8 has its bad bytes replaced.
std::string render_json(const Value& value);

// The same, behind what `out` holds already.
void append_json(const Value& value, std::string& out);
void append_json_text(std::string_view text, std::string& out);

// For people: two spaces an indent.
std::string render_json_pretty(const Value& value);

}  // namespace stagerun
