// Lines: where the lines of a text are, and what the code points that toml++ counts are in bytes.
// Built once a file, in one pass; every question afterwards takes constant time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"

namespace stagerun {

class Lines {
 public:
  // `text` must outlive this.
  explicit Lines(std::string_view text);

  // A place as toml++ gives it: both count from 1, `column` in code points.
  struct Position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
  };

  std::size_t offset_of(Position position) const;
  // Of a column in bytes, as in a Span.
  std::size_t offset_of(const Span& span) const;

  // The stretch from `begin` to before `end`, cut where the line of `begin` ends.
  Span span(std::size_t begin, std::size_t end) const;

  std::string_view text() const { return text_; }

 private:
  std::size_t line_begin(std::size_t line) const;

  std::string_view text_;
  bool is_plain_ = false;                 // a byte is a code point: the two below are not needed
  std::vector<std::size_t> begins_;       // offset of each line
  std::vector<std::size_t> points_;       // code points before each line
  std::vector<std::size_t> checkpoints_;  // offset of each kStride-th code point
};

}  // namespace stagerun
