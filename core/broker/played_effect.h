// PlayedEffect: in a rehearsal, an effect that does not happen: its events are told all the same.
#pragma once

#include "core/base/loop.h"
#include "core/broker/effect.h"
#include "core/model/ports.h"

namespace stagerun {

class PlayedEffect final : public Effect {
 public:
  PlayedEffect(EffectPlace& place, Director& director, Direction direction)
      : place_(place), director_(director), direction_(std::move(direction)) {}
  ~PlayedEffect() override { place_.loop.cancel(waiting_); }

  void launch() override;
  void cancel(bool at_once) override;

 private:
  void hang();

  EffectPlace& place_;
  Director& director_;
  Direction direction_;
  Loop::TimerId waiting_ = 0;
};

}  // namespace stagerun
