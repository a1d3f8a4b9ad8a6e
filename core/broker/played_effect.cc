#include "core/broker/played_effect.h"

#include <algorithm>

#include "core/base/check.h"

namespace stagerun {
namespace {

// How often a hanging effect looks for somebody who waits for it, where there is none.
constexpr std::int64_t kLookMs = 100;

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

// Nothing else is at work, so the next timer is the one of who waits for us. What is due already
// comes first.
void PlayedEffect::hang() {
  const std::int64_t left_ms = place_.loop.until_next_timer_ms();
  if (left_ms > 0) director_.pass(left_ms);
  waiting_ = place_.loop.after(left_ms < 0 ? kLookMs : 0, [this] { hang(); });
}

void PlayedEffect::cancel(bool) {
  place_.loop.cancel(waiting_);
  place_.host.end(cancelled_event(place_.access == Access::write));
}

}  // namespace stagerun
