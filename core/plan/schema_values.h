// What a JSON Schema asks of a single value, and the words for it. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/value.h"
#include "core/model/expression.h"

namespace stagerun {

// "a string", "an integer"
std::string describe_type(std::string_view type);

// True where `type` is absent or names the value's. A number may be an integer, not the other way
// round.
bool allows_type(const Value& value, const Value& schema);

// The types that the schema names; all where it names none.
Types types_in(const Value& schema);
// True where a value of one of these types may be of the schema's.
bool allows_types(Types types, const Value& schema);

// "a string or an array"
std::string wanted_types(const Value& schema);

// "at least 1; it is 0", or nothing where the value is no number or within the bounds.
std::optional<std::string> number_problem(const Value& value, const Value& schema);

// "at least 2 items; it has 1", by the keywords min and max with `what` after them.
std::optional<std::string> count_problem(const Value& schema, const std::string& what,
                                         std::size_t count, const char* noun);

std::size_t code_points(std::string_view text);

// A value for a sentence, cut where it is long; and whole.
std::string show(const Value& value);
std::string show_whole(const Value& value);

// "did you mean `x`?", or the choices where they are few.
std::string enum_hint(const Value& value, const std::vector<Value>& choices);

std::vector<std::string> keys_of(const Value* object);

// The description that the schema gives for a key, or "".
std::string summary_of(const Value& schema, const std::string& key);

}  // namespace stagerun
