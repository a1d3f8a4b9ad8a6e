#include "core/base/pattern.h"

// Matching recurses once for each state that it can reach without a character, so the number of
// states is what bounds the stack. Must come before <regex>; nothing else includes that.
#define _GLIBCXX_REGEX_STATE_LIMIT 10000  // NOLINT: libstdc++'s own knob
// GCC 12 warns about libstdc++'s own code where sanitizers are on.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <regex>

#include "core/base/limits.h"

namespace stagerun {
namespace {

// `__polynomial` takes all alternatives at once instead of one after the other.
constexpr auto kSyntax = std::regex_constants::ECMAScript | std::regex_constants::__polynomial;

}  // namespace

struct Pattern::Compiled {
  std::regex regex;
};

Pattern::Pattern(const std::string& text) {
  if (text.size() > limits::kPatternBytes) {
    problem_ = "longer than " + std::to_string(limits::kPatternBytes) + " bytes";
    return;
  }
  try {
    // By itself first: `a)(b` must not become valid by what is put around it.
    const std::regex alone(text, kSyntax);
    // One match of the whole text instead of a search that starts again at every character.
    compiled_ = std::make_unique<const Compiled>(
        Compiled{std::regex("[\\s\\S]*(?:" + text + ")[\\s\\S]*", kSyntax)});
  } catch (const std::regex_error& error) {
    problem_ = error.code() == std::regex_constants::error_space ||
                       error.code() == std::regex_constants::error_stack
                   ? "it grows too large; use smaller counts in {}"
                   : error.what();
  }
}

Pattern::~Pattern() = default;

bool Pattern::is_found_in(std::string_view text) const {
  if (!compiled_ || text.size() > limits::kPatternTextBytes) return false;
  try {
    return std::regex_match(text.begin(), text.end(), compiled_->regex);
  } catch (const std::regex_error&) {
    return false;
  }
}

}  // namespace stagerun
