// JSON as text whose types matter: "5" and 5 are two values. The host's `pick` gives strings bare;
// what is here keeps their quotes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <stagerun/stagerun.hpp>

namespace http {

enum class JsonKind { null, boolean, number, string, array, object };

JsonKind kind_of(std::string_view json);
// "a string", "an array"; for messages.
std::string_view describe_kind(std::string_view json);

// Whether it may be an output of that type: string, integer, number, boolean.
bool has_type(std::string_view json, std::string_view type);

// What stands at an RFC 6901 pointer, as JSON; nothing where nothing does, or the text is no JSON.
std::optional<std::string> find_json(const sr::Call& call, std::string_view json,
                                     std::string_view pointer);

// The members of an object: name, value as JSON. None where it is no object.
std::vector<std::pair<std::string, std::string>> json_members(const sr::Call& call,
                                                              std::string_view json);
std::vector<std::string> json_items(std::string_view json);

// Whether an object has a member of that name, in any case: headers.
bool has_name(const sr::Call& call, std::string_view json, std::string_view name);
std::string lower_case(std::string_view text);

// A string without its quotes; anything else as it is.
std::string bare_text(const sr::Call& call, const std::string& json);

// The same value, however it is written: 1.0 is 1, and the order of members is of no matter.
bool is_same_value(const sr::Call& call, const std::string& a, const std::string& b);

// The value of a number; nothing for anything else.
std::optional<double> number_of(std::string_view json);

// Text for a person: cut, and without control characters.
std::string printable(std::string_view text, std::size_t most);

bool is_pointer(std::string_view text);

}  // namespace http
