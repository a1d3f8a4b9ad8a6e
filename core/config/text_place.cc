#include "core/config/text_place.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace stagerun {
namespace {

// Where the text between the quotes begins in the file.
std::size_t first_byte(std::string_view file, std::size_t at, bool is_long) {
  at += is_long ? 3 : 1;
  // The newline right after three quotes is not part of the string.
  if (is_long && file.substr(std::min(at, file.size())).starts_with("\r")) ++at;
  if (is_long && file.substr(std::min(at, file.size())).starts_with("\n")) ++at;
  return std::min(at, file.size());
}

std::size_t utf8_bytes(std::string_view hex) {
  std::uint32_t point = 0;
  std::from_chars(hex.data(), hex.data() + hex.size(), point, 16);
  return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

// An escape sequence of a basic string: how long it is in the file, and in the value.
struct Escape {
  std::size_t written = 2;
  std::size_t meant = 1;
};

Escape escape_at(std::string_view rest) {
  const char kind = rest.size() > 1 ? rest[1] : '\0';
  if (kind == 'u') return {6, utf8_bytes(rest.substr(2, 4))};
  if (kind == 'U') return {10, utf8_bytes(rest.substr(2, 8))};
  // A backslash at the end of a line swallows the blanks and newlines that follow.
  if (kind == ' ' || kind == '\t' || kind == '\r' || kind == '\n') {
    return {std::min(rest.find_first_not_of(" \t\r\n", 1), rest.size()), 0};
  }
  return {};
}

// Empty where value and file part ways: then nothing can be said of the places.
std::vector<std::size_t> follow(const std::string& text, std::string_view file, std::size_t at) {
  std::vector<std::size_t> offsets;
  while (offsets.size() < text.size() && at < file.size()) {
    if (file[at] == '\\') {
      const Escape escape = escape_at(file.substr(at));
      offsets.insert(offsets.end(), escape.meant, at);
      at += escape.written;
      continue;
    }
    if (file[at] != text[offsets.size()]) return {};
    offsets.push_back(at++);
  }
  if (offsets.size() != text.size()) return {};
  offsets.push_back(at);
  return offsets;
}

}  // namespace

TextPlace::TextPlace(const std::string& text, const Span& place, const Lines& lines)
    : lines_(lines), place_(place) {
  const std::string_view file = lines.text();
  const std::size_t begin = lines.offset_of(place);
  const std::string_view at = file.substr(begin);
  const bool is_long = at.starts_with("\"\"\"") || at.starts_with("'''");
  const std::size_t first = first_byte(file, begin, is_long);
  if (file.substr(first).starts_with(text)) {
    verbatim_ = first;
  } else if (at.starts_with("\"")) {
    offsets_ = follow(text, file, first);
  }
}

Span TextPlace::span(std::size_t begin, std::size_t end) const {
  if (verbatim_) return lines_.span(*verbatim_ + begin, *verbatim_ + end);
  if (end >= offsets_.size()) return place_;
  return lines_.span(offsets_[begin], offsets_[end]);
}

}  // namespace stagerun
