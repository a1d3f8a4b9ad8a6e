// Poll: asks until the answer is right, often enough in a row.
#pragma once

#include <functional>
#include <string>

#include <stagerun/stagerun.hpp>

namespace http {

struct Schedule {
  std::int64_t within_ms = 0;  // 0: the first wrong answer ends it
  std::int64_t every_ms = 1'000;
  int successes = 1;  // in a row, since the last wrong one
};

struct Polled {
  std::string fault{};  // of the last wrong answer; "" where it went well in the end
  int attempts = 0;
  int failures = 0;
  int in_a_row = 0;
  // "the last of 4 tries, 3 of them wrong"; "" where there was one.
  std::string tries() const;
};

// Tries once within the time given; "" where the answer was right.
using Try = std::function<std::string(std::int64_t timeout_ms)>;

// One try takes `one_try_ms` at most. Ends before the verb's own time does, so that the reason is
// told and not only "timed out".
Polled poll(sr::Call& call, const Schedule& schedule, std::int64_t one_try_ms, const Try& attempt);

}  // namespace http
