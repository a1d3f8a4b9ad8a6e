// Looks for keys with too many parts before toml++ sees them: it builds a table for each part, and
// destroys them by recursion, so a few million dots would overflow the stack.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace stagerun {

// Where in a TOML text the first key with more than limits::kDepth parts goes too far.
std::optional<std::size_t> find_deep_key(std::string_view text);

}  // namespace stagerun
