// From a pipeline's file to a Plan: reads it, asks the plugins that it names, checks everything.
#pragma once

#include <string>
#include <variant>

#include "core/base/diagnostic.h"
#include "core/cli/host.h"
#include "core/model/plan.h"

namespace stagerun {

struct Loaded {
  Source source;
  std::filesystem::path workspace;  // absolute
  Plan plan;
};

// Either the plan, or the exit status after everything that is wrong was printed.
std::variant<Loaded, int> load_pipeline(Host& host);

// The same from what a run's journal holds: never from an edited file.
std::variant<Loaded, int> load_from_run(Host& host, const RunStarted& started);

}  // namespace stagerun
