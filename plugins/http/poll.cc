#include "poll.h"

#include <algorithm>
#include <limits>

namespace http {
namespace {

// Kept back from the verb's own time.
constexpr std::int64_t kReserveMs = 500;

// When to stop trying, by the host's clock.
std::int64_t last_moment(const sr::Call& call, const Schedule& schedule) {
  const std::int64_t now = call.now_ms();
  const std::int64_t remaining = call.remaining_ms();
  std::int64_t end = std::numeric_limits<std::int64_t>::max();
  if (remaining >= 0) end = now + std::max<std::int64_t>(remaining - kReserveMs, 1);
  return schedule.within_ms > 0 ? std::min(end, now + schedule.within_ms) : end;
}

std::string note(const Polled& polled, const Schedule& schedule) {
  if (!polled.fault.empty()) return polled.fault;
  return "right " + std::to_string(polled.in_a_row) + " of " + std::to_string(schedule.successes) +
         " times";
}

}  // namespace

std::string Polled::tries() const {
  if (attempts <= 1) return "";
  return "the last of " + std::to_string(attempts) + " tries, " + std::to_string(failures) +
         " of them wrong";
}

Polled poll(sr::Call& call, const Schedule& schedule, std::int64_t one_try_ms, const Try& attempt) {
  const std::int64_t end = last_moment(call, schedule);
  Polled polled;
  std::string last_fault;
  for (;;) {
    ++polled.attempts;
    const std::int64_t left = std::max<std::int64_t>(end - call.now_ms(), 1);
    polled.fault = attempt(std::min(one_try_ms, left));
    const bool right = polled.fault.empty();
    polled.in_a_row = right ? polled.in_a_row + 1 : 0;
    polled.failures += right ? 0 : 1;
    if (!right) last_fault = polled.fault;
    if (right && polled.in_a_row >= schedule.successes) return polled;
    const bool over = call.now_ms() + schedule.every_ms >= end;
    if (over && right) {
      polled.fault = "it was right only " + std::to_string(polled.in_a_row) +
                     " times in a row, not " + std::to_string(schedule.successes) +
                     (last_fault.empty() ? "" : "; before that " + last_fault);
    }
    if (over || (!right && schedule.within_ms == 0)) return polled;
    call.progress(static_cast<std::uint64_t>(polled.attempts), 0, note(polled, schedule));
    call.sleep_ms(schedule.every_ms);
  }
}

}  // namespace http
