// From a pipeline and what the plugins say of themselves to a Plan. Pure.
#pragma once

#include <optional>

#include "core/base/diagnostic.h"
#include "core/base/value.h"
#include "core/model/pipeline.h"
#include "core/model/plan.h"
#include "core/model/plugin_info.h"

namespace stagerun {

// `inputs` as check_inputs gives them. Nothing where the pipeline cannot run as it is written, and
// then every reason that can be found stands in `diagnostics`.
std::optional<Plan> make_plan(const Pipeline& pipeline, const Catalog& catalog, Value inputs,
                              Diagnostics& diagnostics);

}  // namespace stagerun
