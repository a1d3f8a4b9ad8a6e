// The worker's life: become harmless, load the plugin, serve verbs until the host is gone.
#pragma once

#include <filesystem>
#include <sys/types.h>

#include "core/base/bounds.h"

namespace stagerun {

// `host` is the process that must be our parent. Leaves by _exit: no destructor of the plugin's
// runs.
[[noreturn]] void work(const std::filesystem::path& plugin, pid_t host, const Bounds& bounds);

}  // namespace stagerun
