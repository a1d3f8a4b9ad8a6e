// Landlock: which files this process, and whatever it loads, can open from here on. The rules are
// the kernel's (landlock(7)); they only ever allow, so what must stay shut is left out of them.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/base/bounds.h"
#include "core/base/result.h"

namespace stagerun {

// What this kernel has of Landlock: the version of its interface, or 0.
int landlock_version();

// The rights over files that a kernel of that version can take away: LANDLOCK_ACCESS_FS_*. Pure.
std::uint64_t landlock_rights(int version);

// Before version 3 a file can be truncated by whoever may not write it. Pure.
constexpr bool guards_truncate(int version) { return version >= 3; }

// From here on only these can be opened: the system's libraries and what they read, the plugin,
// what the bounds name. Cannot be undone. Needs no_new_privs, a version above 0, and no other
// thread.
Status enter_landlock(int version, const std::filesystem::path& plugin, const Bounds& bounds);

}  // namespace stagerun
