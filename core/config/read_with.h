// What stands under `with`, for a plugin that the reader knows nothing about. Pure.
#pragma once

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/config/lines.h"
#include "core/model/pipeline.h"

namespace stagerun {

// Fills the stage's `with`, its templates and the spans of everything in it.
void read_with(const Node& table, const Lines& lines, StageSpec& stage, Diagnostics& diagnostics);

}  // namespace stagerun
