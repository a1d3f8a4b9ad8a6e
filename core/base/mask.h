// Mask: finds secrets, and the forms that tools give them, in whatever is printed, written or
// handed to a plugin. Values are kept in memory only.
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
  // without padding, URL-safe too), URL-encoded, hex (both cases) and JSON-escaped forms; of one
  // with several lines also each line. Shorter than limits::kMaskedBytes it is left alone: it would
  // be found everywhere.
  void add(std::string_view secret);

  bool is_empty() const;

  // `text` with every secret in it replaced by kMasked. Of what overlaps all is taken out.
  std::string apply(std::string_view text) const;
  // Every string in it, keys too.
  Value apply(const Value& value) const;

 private:
  friend class MaskStream;
  struct Finder;
  std::unique_ptr<Finder> finder_;
};

// The same for text that comes in pieces of any size.
class MaskStream {
 public:
  // `mask` must outlive this; what is added to it later counts for what comes later.
  explicit MaskStream(const Mask& mask) : mask_(mask) {}

  // What can be told of the text so far: nothing that a secret may begin in is given out, and of
  // everything before the last line's end nothing is held back.
  std::string add(std::string_view bytes);
  // The rest.
  std::string finish();

 private:
  const Mask& mask_;
  std::string held_;
};

}  // namespace stagerun
