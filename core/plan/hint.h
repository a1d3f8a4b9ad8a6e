// Hints for a name that does not exist. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"

namespace stagerun {

// "did you mean `x`?", or what there is where that is a short list. Empty once there are more
// diagnostics than will be shown: looking through ten thousand names ten thousand times takes long.
std::string hint_for(std::string_view word, const std::vector<std::string>& candidates,
                     const Diagnostics& so_far);

}  // namespace stagerun
