// The shared context, as sr_host.get reads it.
#pragma once

#include <string_view>

#include "core/base/value.h"

namespace stagerun {

// "inputs.NAME" or "stages.NAME.outputs.NAME" in {"inputs": {...}, "stages": {NAME: {"outputs":
// {...}}}}; null for anything else.
const Value* find_in_context(const Value& context, std::string_view key);

}  // namespace stagerun
