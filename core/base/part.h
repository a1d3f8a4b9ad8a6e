// Parts of stagerun that stand in libraries of their own, lib/stagerun/NAME.so, because what they
// bring takes longer to load than all the rest of stagerun takes to start.
#pragma once

#include <string>

#include "core/base/result.h"

namespace stagerun {

// The part's one symbol. Opens the library on first use and never closes it: libraries do not like
// to be.
Result<void*> open_part(const std::string& name, const char* symbol);

// Of a part that was opened and is none of ours: another build's, or one that cannot be set up.
Error unusable_part(const std::string& why);

}  // namespace stagerun
