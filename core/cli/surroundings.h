// What expressions see beside inputs and stages: environment, run, env, git, earlier runs. Read
// once, when a run begins, and kept in its journal.
#pragma once

#include "core/base/diagnostic.h"
#include "core/base/value.h"
#include "core/journal/run_store.h"
#include "core/model/pipeline.h"

namespace stagerun {

// As far as the pipeline asks for it; what is not there has no member, and whoever needs it says
// so. The run's own id and start are added when it has them.
Value read_surroundings(const Pipeline& pipeline, const journal::RunStore& store);

// Says of each reference to what no stagerun reads yet (git.*) that it cannot be had.
void report_unread(const Pipeline& pipeline, Diagnostics& diagnostics);

}  // namespace stagerun
