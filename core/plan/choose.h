// Which stages a run is about, as --from and --only name them. Pure.
#pragma once

#include <vector>

#include "core/base/diagnostic.h"
#include "core/model/pipeline.h"
#include "core/model/plan.h"
#include "core/plan/order.h"

namespace stagerun {

// By the stages' places in the file, whether each is chosen. Reports a name that is no stage, and
// each output that a chosen stage takes from one that is not: it will not be there, and what takes
// the place of an output that a stage chose not to set is not what it would have been.
std::vector<bool> choose(const Pipeline& pipeline, const StageGraph& graph,
                         const std::vector<std::size_t>& order, const Choice& choice,
                         Diagnostics& diagnostics);

}  // namespace stagerun
