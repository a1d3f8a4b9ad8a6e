// A path as a pipeline may give one that must not leave the workspace. Pure.
#pragma once

#include <string_view>

namespace stagerun {

// Relative, without "..", and it ends in a name. Says nothing of what links on the way do.
bool is_inner_file(std::string_view path);

}  // namespace stagerun
