// Opening a run that is there: for the commands that carry one on, and for those that tell of it.
#pragma once

#include <string>

#include "core/base/fd.h"
#include "core/cli/arguments.h"
#include "core/journal/run_store.h"
#include "core/model/run_state.h"
#include "core/report/run_history.h"

namespace stagerun {

struct OpenRun {
  journal::RunStore store;
  Fd lock;  // on the store, held as long as this lives
  std::string run;
  RunState state;  // as the journal tells it; nothing started where the run never began
};

// The run that the arguments name, with the store locked before its journal is read.
Result<OpenRun> open_run(const Arguments& arguments);

// What there is to tell of the run that the arguments name, whoever is at work on it.
Result<RunHistory> read_run(const Arguments& arguments);

}  // namespace stagerun
