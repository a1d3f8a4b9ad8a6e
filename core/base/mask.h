// Mask: finds secrets, and the forms that tools give them, in whatever is printed, written or
// handed to a plugin. Values are kept in memory only. What finds them: mask_forms.h (what to look
// for), mask_search.h (how).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/value.h"

namespace stagerun {

inline constexpr std::string_view kMasked = "***";

class Mask {
 public:
  Mask();
  ~Mask();
  Mask(const Mask&) = delete;
  Mask& operator=(const Mask&) = delete;

  // From now on `secret` is masked, and its base64 (at each of the three alignments, with and
  // without padding, URL-safe too), URL-encoded, hex (both cases), JSON-escaped and quoted forms;
  // of one with several lines each line that tells it apart. Space around it is not masked. Shorter
  // than limits::kMaskedBytes it is left alone: it would be found everywhere.
  void add(std::string_view secret);

  bool is_empty() const;

  // `text` with every secret in it replaced by kMasked. Of what overlaps or touches all is taken
  // out, and one kMasked stands there. UTF-8 stays UTF-8: of a secret that is none whole characters
  // are taken out.
  std::string apply(std::string_view text) const;
  std::string apply(const std::string& text) const { return apply(std::string_view(text)); }
  std::string apply(const char* text) const { return apply(std::string_view(text)); }
  // Every string in it, keys too.
  Value apply(const Value& value) const;

 private:
  friend class MaskStream;
  struct Finder;
  std::unique_ptr<Finder> finder_;
};

// The same for text that comes in pieces of any size: what comes out in all is what apply() makes
// of the whole.
class MaskStream {
 public:
  // `mask` must outlive this; what is added to it later counts for what comes later.
  explicit MaskStream(const Mask& mask) : mask_(mask) {}

  // All that can be told of the text so far. Held back is only what a secret may have begun in, at
  // most limits::kMaskPieceBytes and the rest of a character: of a line that has ended nothing,
  // unless it is one of a secret and short lines follow it there.
  std::string add(std::string_view bytes);
  // The rest.
  std::string finish();

 private:
  // What is to be given out of the first `decided` bytes of `held_`, which go.
  std::string give(std::size_t decided);

  const Mask& mask_;
  std::string held_;
  // The last that was given out is a kMasked, which also stands for this many bytes of `held_`.
  bool is_masking_ = false;
  std::size_t masked_ = 0;
};

}  // namespace stagerun
