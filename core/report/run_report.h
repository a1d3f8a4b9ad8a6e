// One run, or the list of runs, as text or JSON: folds over events. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/base/value.h"
#include "core/model/run_state.h"

namespace stagerun {

std::string show_text(const RunState& state);
Value show_value(const RunState& state);

std::string runs_text(const std::vector<RunState>& runs);
Value runs_value(const std::vector<RunState>& runs);

}  // namespace stagerun
