// Looking at the world before a run, or instead of one: validate and plan in read-only workers.
#pragma once

#include "core/cli/host.h"
#include "core/cli/load.h"
#include "core/report/plan_report.h"
#include "core/run/look.h"

namespace stagerun {

// Leaves nothing behind: scratch is a temporary folder.
Look preview(Host& host, const Loaded& loaded, bool plan_too);

// What the plan report shows of a look.
std::vector<StageForecast> forecasts(const Look& look);

// Prints what is wrong; the exit status, or 0 where all is well.
int print_look(const Look& look, const Source& source);

}  // namespace stagerun
