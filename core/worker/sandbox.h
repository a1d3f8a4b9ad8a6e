// The sandbox: from here on this process, and whatever it loads, cannot reach around the host.
// The door to libseccomp.
#pragma once

#include "core/base/result.h"

namespace stagerun {

// No sockets, no other program, no other process, no change to the machine, to anybody's modes,
// owners, times and attributes: such system calls fail with EPERM. Threads, memory and the files
// that Landlock leaves open work as ever; `may_truncate` is false where Landlock does not say who
// may truncate. Cannot be undone. Call before any thread exists.
Status enter_sandbox(bool may_truncate);

// Ends what would take the machine with it: memory without end, descriptors without end, and the
// core of a process that has seen secrets.
Status limit_resources();

}  // namespace stagerun
