// Trial: one scenario from its beginning to the facts that it left: the world as it was first, a
// host with one thing that goes wrong, and where it was killed another that takes over.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/spawn.h"
#include "core/model/plan.h"
#include "core/rehearsal/facts.h"
#include "core/rehearsal/performance.h"
#include "core/rehearsal/world.h"

namespace stagerun::rehearsal {

// What is rehearsed, and how its hosts are started.
struct Production {
  std::string program;                   // stagerun
  std::vector<std::string> environment;  // of hosts and what they start
  std::string pipeline;                  // its file, from the workspace
  std::filesystem::path state;           // the state folder, from the workspace
  std::vector<std::string> of_run;       // options that only `run` takes
  std::vector<std::string> common;       // options that every command takes
  RehearseSpec spec;
  std::vector<std::string> secrets;  // their names
  std::uint64_t seed = 0;
};

// What goes wrong. Nothing of it: a good run.
struct Injection {
  std::string effect;       // label_of() an effect; its first time counts
  std::string fault;        // of faults_of() it
  std::string failing;      // a stage that fails once it has done its work
  std::size_t kill_at = 0;  // the number of a kill point, from 1
  std::string then;         // what is run afterwards: "resume", "rollback", or ""
};

// How an effect is known in every run: "migrate/apply/2"; "plan:migrate/plan/1" before the run.
std::string label_of(const EffectIntended& intent);

// The value that is made up for a secret: what the pipeline says, else one that nothing else holds.
std::string made_up_secret(const Production& production, const std::string& name);

// What a trial sees on its way, for whoever wants to know what could go wrong. May be empty.
struct Watcher {
  std::function<void(const EffectIntended&, bool is_unrehearsed)> effect;
  std::function<void(const VerbAsked&)> verb_ended_well;
  std::function<void(const std::string& point)> point;
  std::function<void(std::int64_t ms)> passed;
};

// Runs it. `world` is as it was first when this begins; it is left as the scenario left it, but for
// its processes, which are gone. Errors are of the rehearsal itself, not of what is rehearsed.
Result<Facts> run_trial(const Production& production, World& world, const Injection& injection,
                        const Watcher& watcher);

}  // namespace stagerun::rehearsal
