// Whether what the expressions name will be there when it is needed. Pure.
#pragma once

#include <vector>

#include "core/base/diagnostic.h"
#include "core/model/pipeline.h"
#include "core/plan/order.h"

namespace stagerun {

// What the check needs to know of a stage: the names of its outputs, unless its plugin is unknown.
struct KnownOutputs {
  bool is_known = false;
  std::vector<std::string> names;  // sorted
};

// Reports every reference to an input or a stage that does not exist, to an input that may go
// without a value and has none in `inputs`, to a stage that is not sure to have run before, and to
// an output that is not declared. `outputs` are by the stages' places in the file; `order` is empty
// where there is none, and then who runs before whom is not checked.
void check_references(const Pipeline& pipeline, const Value& inputs, const StageGraph& graph,
                      const std::vector<std::size_t>& order,
                      const std::vector<KnownOutputs>& outputs, Diagnostics& diagnostics);

}  // namespace stagerun
