// Puts values in the place of `${{ }}`. Pure.
#pragma once

#include <vector>

#include "core/base/value.h"
#include "core/model/pipeline.h"

namespace stagerun {

struct Resolved {
  Value with;
  std::vector<Reference> missing;     // what the context has no value for
  std::vector<std::string> pointers;  // of the places that therefore hold their raw text still
};

// The stage's `with`, with the values of `context`: {"inputs": {...}, "stages": {NAME: {"outputs":
// {...}}}}. What has been put in is never looked through for `${{` again.
Resolved resolve(const StageSpec& stage, const Value& context);

}  // namespace stagerun
