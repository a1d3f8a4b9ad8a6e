// Controller: finds out what can go wrong with a pipeline by a good run, and then has it go wrong,
// one thing at a time.
#pragma once

#include <functional>
#include <string>

#include "core/model/rehearsal.h"
#include "core/rehearsal/trial.h"

namespace stagerun::rehearsal {

struct Wanted {
  // none | stages | effects | crashes | all, which is the three, and effects and crashes on the way
  // back too.
  std::string faults = "all";
  std::string only;  // the one scenario of that Scenario::fault; else all of `faults`
};

// `origin`: the world as the pipeline finds it; `world`: where it happens, a copy of it. All
// descendants of this process are killed after each scenario. `plan`: of the pipeline, for the
// order of its stages and what they say of themselves. `on_scenario` is called after each. Errors
// are of the rehearsal itself; ErrorCode::usage where `wanted.only` is none of its scenarios.
Result<Rehearsal> rehearse(const Production& production, const World& origin, World& world,
                           const Plan& plan, const Wanted& wanted,
                           const std::function<void(const Scenario&)>& on_scenario);

}  // namespace stagerun::rehearsal
