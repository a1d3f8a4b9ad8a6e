// Helpers for text that people and machines read. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stagerun {

// RFC 4648, section 4. from_base64 refuses anything else.
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

bool is_utf8(std::string_view bytes);

// The candidate nearest to `word`, where it is near enough to be meant; by Damerau's distance.
std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates);

// "did you mean `needs`?", or "one of: a, b, c", or "" where there are no candidates.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

// "90s", "10m", "1h30m", "250ms", "2d" in milliseconds. Nothing else is a duration.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);

// "1.2 s", "4 min 10 s": for people.
std::string describe_duration(std::int64_t duration_ms);

// Control characters as visible escapes, so that a tool's output cannot move the cursor.
std::string printable(std::string_view text);

// 2026-09-30T10:15:00Z
std::string utc_time(std::int64_t at_ms);

}  // namespace stagerun
