// Reap: ends what a dead host left behind, before another one takes its run over.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/linux.h"
#include "core/base/result.h"

namespace stagerun {

// Sends the signal to each process' group, and never twice to one group.
void signal_groups(const std::vector<ProcessId>& processes, int signal);

// Ends every process that holds RUN_FOLDER/children.lock, and those of `journaled` (started on this
// boot, no services) that still run: TERM to their groups, KILL after the grace. Returns the lock,
// held exclusively: from then on no orphan can act. Busy, naming pids, where some cannot be ended.
// Blocks; nothing else of this run may be going on in this process.
Result<Fd> reap_run(const std::filesystem::path& run_folder,
                    const std::vector<ProcessId>& journaled, const Clock& clock,
                    std::int64_t grace_ms);

}  // namespace stagerun
