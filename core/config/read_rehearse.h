// [rehearse] of a pipeline. Pure.
#pragma once

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/model/pipeline.h"

namespace stagerun {

// Fills the pipeline's `rehearse`. Its stages and secrets are read already, those that the
// environment leaves out too: they may be named here.
void read_rehearse(const Node& table, Pipeline& pipeline, Diagnostics& diagnostics);

}  // namespace stagerun
