// The sandbox: from here on this process, and whatever it loads, cannot reach around the host.
// The door to libseccomp.
#pragma once

#include "core/base/result.h"

namespace stagerun {

// No sockets, no other program, no other process, no change to the machine: such system calls fail
// with EPERM. Threads, files and memory work as ever. Cannot be undone. Call before any thread
// exists.
Status enter_sandbox();

}  // namespace stagerun
