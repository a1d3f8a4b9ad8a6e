// [environments.NAME]: what differs there. Pure.
#pragma once

#include <vector>

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/config/lines.h"
#include "core/config/read_with.h"
#include "core/model/pipeline.h"

namespace stagerun {

// Checks all of them, and changes the pipeline as the one called `chosen` says, where there is one.
// `configurations`: the `with` of each of its stages, or null. `used` is added to.
void read_environments(const Node& table, const std::string& chosen,
                       const std::vector<const Node*>& configurations, const Lines& lines,
                       Pipeline& pipeline, UsedNames& used, Diagnostics& diagnostics);

}  // namespace stagerun
