// timer/1: fires once.
#pragma once

#include "core/base/loop.h"
#include "core/broker/effect.h"

namespace stagerun {

class TimerEffect final : public Effect {
 public:
  TimerEffect(EffectPlace& place, std::int64_t after_ms) : place_(place), after_ms_(after_ms) {}
  ~TimerEffect() override { place_.loop.cancel(timer_); }

  void launch() override;
  void cancel(bool at_once) override;

 private:
  EffectPlace& place_;
  std::int64_t after_ms_;
  Loop::TimerId timer_ = 0;
};

// How long a timer/1 request waits.
Result<std::int64_t> parse_timer(const Value& request);

}  // namespace stagerun
