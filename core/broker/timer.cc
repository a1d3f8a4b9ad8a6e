#include "core/broker/timer.h"

#include "core/base/limits.h"
#include "core/broker/form.h"

namespace stagerun {

Result<std::int64_t> parse_timer(const Value& request) {
  const Form form(request);
  TRY(form.only({"after_ms"}));
  if (!form.has("after_ms")) return malformed("`after_ms` is missing");
  return form.whole("after_ms", 0, 0, limits::kTimeoutMax);
}

void TimerEffect::launch() {
  timer_ = place_.loop.after(after_ms_,
                             [this] { place_.host.end(Value::object().set("event", "fired")); });
}

void TimerEffect::cancel(bool) {
  place_.loop.cancel(timer_);
  place_.host.end(cancelled_event(false));
}

}  // namespace stagerun
