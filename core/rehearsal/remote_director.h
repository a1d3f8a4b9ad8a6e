// RemoteDirector: the host's side of a rehearsal: asks the controller at the other end of a socket.
#pragma once

#include "core/base/clock.h"
#include "core/rehearsal/talk.h"

namespace stagerun::rehearsal {

class RemoteDirector final : public Director {
 public:
  // `clock` must outlive it; it is what passes over time.
  RemoteDirector(int descriptor, SkippingClock& clock) : talk_(descriptor), clock_(clock) {}

  // Where the controller is gone, nothing may happen any more.
  Direction direct(const EffectIntended& intent) override;
  bool fails(const std::string& stage, Verb verb, std::uint32_t attempt) override;
  std::string secret(const std::string& name) override;
  void pass(std::int64_t ms) override;

 private:
  Value ask(const Value& question);

  Talk talk_;
  SkippingClock& clock_;
};

}  // namespace stagerun::rehearsal
