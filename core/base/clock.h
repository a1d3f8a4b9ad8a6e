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
  // How far both are ahead of the machine's clocks: what was passed over in a rehearsal.
  virtual std::int64_t ahead_ms() const { return 0; }
};

class SystemClock final : public Clock {
 public:
  std::int64_t now_ms() const override;
  std::int64_t monotonic_ms() const override;
};

// The system's, but for time that is passed over: so that half an hour of waiting takes no time.
class SkippingClock final : public Clock {
 public:
  std::int64_t now_ms() const override { return system_.now_ms() + ahead_ms_; }
  std::int64_t monotonic_ms() const override { return system_.monotonic_ms() + ahead_ms_; }
  std::int64_t ahead_ms() const override { return ahead_ms_; }

  void skip(std::int64_t ms) { ahead_ms_ += ms; }

 private:
  SystemClock system_;
  std::int64_t ahead_ms_ = 0;
};

}  // namespace stagerun
