// A rehearsal for programs. Pure.
#pragma once

#include <string>

#include "core/base/value.h"
#include "core/model/rehearsal.h"

namespace stagerun {

// {"pipeline", "pipeline_digest", "seed", "changes", "estimates", "rollback_ms", "no_return",
// "unrehearsed", "scenarios", "counts": {outcome: n}, "broken": n}. What is not known, or does not
// apply, is null. A seed that no signed 64 bits hold is a string.
Value matrix_value(const Rehearsal& rehearsal, const std::string& pipeline_path);

}  // namespace stagerun
