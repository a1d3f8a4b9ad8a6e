// From a pipeline and what the plugins say of themselves to a Plan. Pure.
#pragma once

#include <optional>

#include "core/base/diagnostic.h"
#include "core/base/value.h"
#include "core/model/pipeline.h"
#include "core/model/plan.h"
#include "core/model/plugin_info.h"

namespace stagerun {

// `inputs` as check_inputs gives them; `surroundings`, an object, as Plan has them, as far as they
// are known. Nothing where `diagnostics` hold anything: what they held before, or what keeps the
// pipeline from running as it is written, all of it. Of a pipeline that could not be read whole
// what there is is checked, and nothing that follows from what has been reported is reported. What
// `choice` leaves out is checked like the rest.
std::optional<Plan> make_plan(Pipeline pipeline, const Catalog& catalog, Value inputs,
                              Diagnostics& diagnostics, Value surroundings = Value::object(),
                              Choice choice = {});

}  // namespace stagerun
