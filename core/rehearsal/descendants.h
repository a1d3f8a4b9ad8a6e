// Descendants: every process that this one has brought about, however it tried to get away. Only
// what an init of its own (a container, a daemon manager) was asked to start is none of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/limits.h"
#include "core/base/linux.h"
#include "core/base/result.h"

namespace stagerun::rehearsal {

struct Descendant {
  ProcessId id;
  std::vector<std::string> argv;
};

// From now on nobody gets away: who loses its parent becomes our child. For the whole process, and
// it stays so. To be called before the first child is started.
Status keep_descendants();

// Those that live now, by pid. A moment later there may be others.
std::vector<Descendant> living_descendants();

// Ends them for good, with those that they start meanwhile, and reaps all children of this process:
// nobody else may wait for one of them. When it returns well there is none. Blocks, `wait_ms` at
// most; then busy, naming who is left (another user's, or stuck in the kernel).
Status kill_descendants(const Clock& clock, std::int64_t wait_ms = limits::kKillWait);

}  // namespace stagerun::rehearsal
