// Performance: one real host, from its start to its end, in a world that is a rehearsal's. What it
// asks is answered from cues; at a kill point it may be killed, for real.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/spawn.h"
#include "core/rehearsal/talk.h"

namespace stagerun::rehearsal {

// What the host is told. Every function must be there.
struct Cues {
  std::function<Direction(const EffectIntended&)> direct;
  std::function<bool(const VerbAsked&)> fails;
  std::function<std::string(const std::string& name)> secret;
  std::function<void(std::int64_t ms)> passed;
  // The kill point of that number, from 1, and its name: true kills the host there.
  std::function<bool(std::size_t number, const std::string& name)> kills;
};

struct Performed {
  int status = 0;           // the exit status; 128 and the signal where one ended it
  bool was_killed = false;  // by us
  std::string output;       // stdout and stderr, as they came
};

// `command`: argv, environment and folder of a host; it gets `--rehearsal` and `--kill-points` with
// descriptors of its own. Blocks until it has ended; a host that says nothing for
// limits::kRehearsedSilence is killed, which is an error. The processes that it leaves are children
// of ours (become_reaper).
Result<Performed> perform(const SpawnOptions& command, const Cues& cues);

}  // namespace stagerun::rehearsal
