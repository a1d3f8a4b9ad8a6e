// What the schemas of both stages share, and how a schema is put together out of parts.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace http {

// The parts, one after the other, as one terminated text.
template <const std::string_view&... kParts>
inline constexpr auto kJoined = [] {
  std::array<char, (kParts.size() + ... + 1)> text{};
  auto* to = text.data();
  ((to = std::copy(kParts.begin(), kParts.end(), to)), ...);
  return text;
}();

// Of the answer; the same words for http.check and for the `expect` of a request.
inline constexpr std::string_view kExpectedProperties = R"(
    "status": {"anyOf": [{"type": ["integer", "string"]},
                         {"type": "array", "minItems": 1,
                          "items": {"type": ["integer", "string"]}}]},
    "not_status": {"anyOf": [{"type": ["integer", "string"]},
                             {"type": "array", "minItems": 1,
                              "items": {"type": ["integer", "string"]}}]},
    "contains": {"type": "string"},
    "body_regex": {"type": "string"},
    "max_latency": {"type": "string"},
    "tls_days_left": {"type": "integer", "minimum": 0},
    "version": {"type": "object", "additionalProperties": false,
                "properties": {"json": {"type": "string"}, "header": {"type": "string"},
                               "equals": {"type": ["string", "integer", "number"]},
                               "matches": {"type": "string"}}})";

inline constexpr std::string_view kEndOfSchema = "}}";

}  // namespace http
