// TextPlace: where in the file each byte of a TOML string's value stands, so that a caret can point
// into it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/config/lines.h"

namespace stagerun {

class TextPlace {
 public:
  // `text` is the value of the string that stands at `place`, quotes included. `lines` must outlive
  // this.
  TextPlace(const std::string& text, const Span& place, const Lines& lines);

  // Of the bytes from `begin` to before `end`; the whole string where the file cannot be followed.
  Span span(std::size_t begin, std::size_t end) const;

 private:
  const Lines& lines_;
  Span place_;
  std::optional<std::size_t> verbatim_;  // where the text begins, if the file has it word for word
  std::vector<std::size_t> offsets_;     // else where each byte is written, and the end
};

}  // namespace stagerun
