#include "pattern.h"

// Matching recurses once for each state that it can reach without a character, so the number of
// states is what bounds the stack. Must come before <regex>; nothing else includes that.
#define _GLIBCXX_REGEX_STATE_LIMIT 10000  // NOLINT: libstdc++'s own knob
// GCC 12 warns about libstdc++'s own code where sanitizers are on.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <regex>

namespace http {
namespace {

constexpr std::size_t kPatternBytes = 1u << 10;
// `__polynomial` takes all alternatives at once instead of one after the other: no pattern takes
// exponential time, and none recurses once for each character.
constexpr auto kSyntax = std::regex_constants::ECMAScript | std::regex_constants::__polynomial;

}  // namespace

std::string pattern_problem(const std::string& pattern) {
  if (pattern.size() > kPatternBytes) return "it is longer than 1024 bytes";
  try {
    static_cast<void>(std::regex(pattern, kSyntax));
    return "";
  } catch (const std::regex_error& error) {
    return error.what();
  }
}

bool is_found(const std::string& pattern, std::string_view text) {
  text = text.substr(0, kSearched);
  try {
    // One match of the whole text instead of a search that starts again at every character.
    const std::regex whole("[\\s\\S]*(?:" + pattern + ")[\\s\\S]*", kSyntax);
    return std::regex_match(text.begin(), text.end(), whole);
  } catch (const std::regex_error&) {
    return false;
  }
}

}  // namespace http
