#include "core/base/clock.h"

#include <ctime>

namespace stagerun {
namespace {

std::int64_t read_clock(clockid_t clock) {
  std::timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000 + now.tv_nsec / 1'000'000;
}

}  // namespace

std::int64_t SystemClock::now_ms() const { return read_clock(CLOCK_REALTIME); }

std::int64_t SystemClock::monotonic_ms() const { return read_clock(CLOCK_MONOTONIC); }

}  // namespace stagerun
