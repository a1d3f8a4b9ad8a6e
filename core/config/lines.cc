#include "core/config/lines.h"

#include <algorithm>

namespace stagerun {
namespace {

constexpr std::size_t kStride = 64;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool begins_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

}  // namespace

Lines::Lines(std::string_view text) : text_(text) {
  // toml++ does not count a byte order mark.
  const std::size_t first = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  begins_.push_back(first);
  points_.push_back(0);
  std::size_t points = 0;
  is_plain_ = std::all_of(text.begin(), text.end(), begins_code_point);
  if (is_plain_) {
    for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
      begins_.push_back(at + 1);
    }
    return;
  }
  for (std::size_t i = first; i < text.size(); ++i) {
    if (begins_code_point(text[i])) {
      if (points % kStride == 0) checkpoints_.push_back(i);
      ++points;
    }
    if (text[i] == '\n') {
      begins_.push_back(i + 1);
      points_.push_back(points);
    }
  }
}

std::size_t Lines::line_begin(std::size_t line) const {
  return line == 0 || line > begins_.size() ? text_.size() : begins_[line - 1];
}

std::size_t Lines::offset_of(Position position) const {
  if (position.line == 0 || position.line > begins_.size() || position.column == 0) {
    return text_.size();
  }
  if (is_plain_) return std::min(begins_[position.line - 1] + position.column - 1, text_.size());
  const std::size_t point = points_[position.line - 1] + position.column - 1;
  const std::size_t checkpoint = point / kStride;
  if (checkpoint >= checkpoints_.size()) return text_.size();
  std::size_t offset = checkpoints_[checkpoint];
  std::size_t at = checkpoint * kStride;
  while (at < point && offset < text_.size()) {
    ++offset;
    if (offset < text_.size() && begins_code_point(text_[offset])) ++at;
  }
  return offset;
}

std::size_t Lines::offset_of(const Span& span) const {
  // A byte order mark is no column of toml++'s, but it is one of a Span's.
  const std::size_t begin = span.line == 1 ? 0 : line_begin(span.line);
  return std::min(begin + (span.column > 0 ? span.column - 1 : 0), text_.size());
}

Span Lines::span(std::size_t begin, std::size_t end) const {
  const auto next = std::upper_bound(begins_.begin(), begins_.end(), begin);
  const auto line = std::max<std::ptrdiff_t>(next - begins_.begin(), 1);
  const std::size_t line_start = line == 1 ? 0 : begins_[static_cast<std::size_t>(line) - 1];
  std::size_t line_end = next == begins_.end() ? text_.size() : *next - 1;
  while (line_end > begin && (text_[line_end - 1] == '\r' || text_[line_end - 1] == ' ' ||
                              text_[line_end - 1] == '\t')) {
    --line_end;
  }
  const std::size_t stop = std::clamp(end, begin, std::max(begin, line_end));
  return Span{static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(begin - line_start + 1),
              static_cast<std::uint32_t>(std::max<std::size_t>(stop - begin, 1))};
}

}  // namespace stagerun
