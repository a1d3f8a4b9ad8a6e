// What expressions see beside inputs and stages: environment, run, env, git, earlier runs. Read
// once, when a run begins, and kept in its journal.
#pragma once

#include <filesystem>

#include "core/base/diagnostic.h"
#include "core/base/result.h"
#include "core/base/value.h"
#include "core/model/pipeline.h"
#include "core/model/plan.h"

namespace stagerun {

// As far as the pipeline asks for it; what is not there has no member. Where git cannot be asked
// about the workspace, that is a diagnostic at the first expression that does. The run's own id and
// start are added when it has them.
Result<Value> read_surroundings(const Pipeline& pipeline, const std::filesystem::path& workspace,
                                const std::filesystem::path& state, Diagnostics& diagnostics);

// What a stage that is sure to run needs of its surroundings and is not there: it never will be, so
// the run need not begin.
void check_surroundings(const Plan& plan, Diagnostics& diagnostics);

}  // namespace stagerun
