// One [inputs.NAME] of a pipeline file. Pure.
#pragma once

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/model/pipeline.h"

namespace stagerun {

// `member` is the input's name and its table. What is wrong is reported and left out.
InputSpec read_input(const Member& member, Diagnostics& diagnostics);

}  // namespace stagerun
