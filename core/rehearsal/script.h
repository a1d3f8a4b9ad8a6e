// Script: what the world of a rehearsal does about one effect, before anything is made to go wrong.
// Pure.
#pragma once

#include <string>

#include "core/model/pipeline.h"
#include "core/model/ports.h"

namespace stagerun::rehearsal {

struct Scripted {
  Direction direction;
  // Files of the workspace that appear where it does its work.
  std::vector<std::string> writes = {};
  // Nobody knows what the world would answer: it is let pass, and told.
  bool is_unrehearsed = false;
};

// `POST https://api.example/login`, or the command line: what a script knows the effect by; "" of
// what is neither request nor command.
std::string words_of(const EffectIntended& intent);

// Files of the workspace (a scratch copy), secrets and the run's own services are as they are;
// timers pass at once; requests and commands are what `spec` says of them.
Scripted scripted(const RehearseSpec& spec, const EffectIntended& intent);

}  // namespace stagerun::rehearsal
