// What the fuzz targets share: a property that must hold, and small ways to take an input apart.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"

// Ends the program, which is how libFuzzer learns of it.
#define MUST(condition)                                                                   \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

namespace stagerun::fuzz {

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t end = text.find(separator); end != text.npos; end = text.find(separator)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

// Numbers that are the same for the same input.
inline std::uint32_t seed_of(std::string_view text) {
  std::uint32_t seed = 2166136261u;
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 16777619u;
  return seed;
}

// A span of no line is the file as a whole. One may begin right after a line's end: something is
// missing there.
inline void must_be_inside(const Span& span, std::string_view file) {
  if (span == Span{}) return;
  const auto lines = split(file, '\n');
  MUST(span.line >= 1 && span.line <= lines.size());
  const std::size_t length = lines[span.line - 1].size();
  MUST(span.column >= 1 && span.column <= length + 1);
  MUST(span.length <= length + 1 - (span.column - 1));
}

inline void must_be_good(const Diagnostics& diagnostics, const Source& source) {
  for (const Diagnostic& diagnostic : diagnostics) {
    MUST(!diagnostic.text.empty());
    must_be_inside(diagnostic.span, source.text);
  }
  MUST(diagnostics.empty() || !render(diagnostics, source).empty());
}

}  // namespace stagerun::fuzz
