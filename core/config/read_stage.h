// One [[stage]]. Pure.
#pragma once

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/config/lines.h"
#include "core/config/read_with.h"
#include "core/model/pipeline.h"

namespace stagerun {

// `defaults`: what it has where it says nothing. `before`: the stage before it, or null; it is what
// the stage needs where it says nothing. `used` is added to.
StageSpec read_stage(const Node& node, const Lines& lines, const StageSpec& defaults,
                     const StageSpec* before, UsedNames& used, Diagnostics& diagnostics);

}  // namespace stagerun
