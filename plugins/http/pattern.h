// Regular expressions over answers: bounded, since both may be hostile.
#pragma once

#include <string>
#include <string_view>

namespace http {

// Of a text, what is searched.
inline constexpr std::size_t kSearched = 64u << 10;

// What is wrong with the pattern, or "".
std::string pattern_problem(const std::string& pattern);

// Whether it is found in the first 64 KiB of the text.
bool is_found(const std::string& pattern, std::string_view text);

}  // namespace http
