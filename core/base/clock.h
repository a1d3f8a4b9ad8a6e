// Clock: the only way to ask what time it is. A seam: rehearsal brings its own.
#pragma once

#include <cstdint>

namespace stagerun {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970, for people and records. May jump.
  virtual std::int64_t now_ms() const = 0;
  // Milliseconds that never go back, for deadlines.
  virtual std::int64_t monotonic_ms() const = 0;
};

class SystemClock final : public Clock {
 public:
  std::int64_t now_ms() const override;
  std::int64_t monotonic_ms() const override;
};

}  // namespace stagerun
