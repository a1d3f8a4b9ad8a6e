#include "core/broker/played_effect.h"

#include <algorithm>

#include "core/base/check.h"

namespace stagerun {
namespace {

// While one effect hangs, time passes in steps of this: up to whoever gives it up.
constexpr std::int64_t kStepMs = 60'000;

}  // namespace

void PlayedEffect::launch() {
  director_.pass(direction_.takes_ms);
  if (direction_.hangs) return hang();
  CHECK(!direction_.events.empty());
  Value last = std::move(direction_.events.back());
  direction_.events.pop_back();
  for (const Value& event : direction_.events) {
    if (event.text_or("event") == "log") {
      place_.host.log(event.text_or("stream"), event.text_or("text"));
    } else {
      place_.host.say(event);
    }
  }
  place_.host.end(std::move(last));
}

// Nothing else is at work, so the next timer is the one of who waits for us.
void PlayedEffect::hang() {
  waiting_ = place_.loop.after(kStepMs, [this] { hang(); });
  director_.pass(place_.loop.until_next_timer_ms());
}

void PlayedEffect::cancel(bool) {
  place_.loop.cancel(waiting_);
  place_.host.end(cancelled_event(place_.access == Access::write));
}

}  // namespace stagerun
