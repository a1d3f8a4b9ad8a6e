// Paths as a pipeline gives them, relative to the workspace.
#pragma once

#include <string_view>

namespace shared {

// Does the path, taken word by word, ever leave the folder that it starts in?
bool leaves_folder(std::string_view path);

}  // namespace shared
