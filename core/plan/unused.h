// What the pipeline lists and nobody uses: grants, secrets, variables. Pure.
#pragma once

#include "core/base/diagnostic.h"
#include "core/model/pipeline.h"

namespace stagerun {

// Reports grants of secrets that are not declared, grants and secrets that nothing uses, variables
// that no expression names, and variables that hold a secret. Uses in another environment than the
// one at hand count. Nothing is called unused where not everything could be read.
void check_listed(const Pipeline& pipeline, Diagnostics& diagnostics);

}  // namespace stagerun
