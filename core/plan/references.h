// Whether what the expressions name exists, and will be there when it is needed. Pure.
#pragma once

#include <vector>

#include "core/base/diagnostic.h"
#include "core/base/value.h"
#include "core/model/expression.h"
#include "core/model/pipeline.h"
#include "core/plan/order.h"

namespace stagerun {

// What is known of a stage's outputs: a JSON Schema with `properties`; null where its plugin, or
// its configuration, is not known.
using OutputSchemas = std::vector<Value>;  // by the stages' places in the file

// Reports every reference to what does not exist or is not listed; and in `with`, but for what
// `default` takes care of, to what may be absent: an input without a value, an output of a stage
// that is left out or, where the own stage has no `if`, may be skipped. An output must be declared,
// and its stage sure to have run or been skipped before; that is not asked where `order` is empty.
void check_references(const Pipeline& pipeline, const Value& inputs, const StageGraph& graph,
                      const std::vector<std::size_t>& order, const OutputSchemas& outputs,
                      Diagnostics& diagnostics);

}  // namespace stagerun
