// The exit status of a run, from what is known of it (docs/cli.md). Pure.
#pragma once

#include "core/model/plan.h"
#include "core/model/run_state.h"

namespace stagerun {

// For a run on which nothing more will be done now.
int exit_status(const Plan& plan, const RunState& state);

}  // namespace stagerun
