#include "core/config/key_depth.h"

#include <algorithm>
#include <string>

#include "core/base/limits.h"

namespace stagerun {
namespace {

// Past the string over several lines whose three opening quotes are at `i`. Up to two quotes may
// stand right before the closing three.
std::size_t skip_long_string(std::string_view text, std::size_t i) {
  const char quote = text[i];
  const std::string closing(3, quote);
  i += 3;
  while (i < text.size() && !text.substr(i).starts_with(closing)) {
    i += quote == '"' && text[i] == '\\' ? 2 : 1;
  }
  i += 3;
  for (int extra = 0; extra < 2 && i < text.size() && text[i] == quote; ++extra) ++i;
  return i;
}

// Past the string that opens at `i`. One that is not closed ends with its line; toml++ stops there.
std::size_t skip_string(std::string_view text, std::size_t i) {
  const char quote = text[i];
  if (text.substr(i).starts_with(std::string(3, quote))) return skip_long_string(text, i);
  for (++i; i < text.size() && text[i] != quote && text[i] != '\n'; ++i) {
    if (quote == '"' && text[i] == '\\') ++i;
  }
  return i + 1;
}

}  // namespace

std::optional<std::size_t> find_deep_key(std::string_view text) {
  std::size_t dots = 0;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      i = skip_string(text, i);
      continue;
    }
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
      continue;
    }
    if (std::string_view("\n=,[]{}").find(c) != std::string_view::npos) dots = 0;
    if (c == '.' && ++dots >= limits::kDepth) return i;
    ++i;
  }
  return std::nullopt;
}

}  // namespace stagerun
