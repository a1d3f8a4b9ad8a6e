// Is a file a complete shared library of this machine? Asked before dlopen, for which a truncated
// file is a SIGBUS.
#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace stagerun {

// Looks at headers only: class, machine, type, and that everything they name lies within the file.
Status check_elf(const std::filesystem::path& path);

}  // namespace stagerun
