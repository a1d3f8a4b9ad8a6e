// One file or folder of a world, made like another.
#pragma once

#include <filesystem>
#include <sys/stat.h>

#include "core/base/result.h"

namespace stagerun::rehearsal {

// Tells a file, and a state of it, from any other: where nobody sets the clock back, and no write
// fell within the tick of the clock that `one` was looked at in.
bool is_same_state(const struct stat& one, const struct stat& other);

// A new file with the bytes, permissions and times of the one that was looked at: an error where it
// is another by now, or something stands at `to`.
Status copy_file_as(const std::filesystem::path& from, const struct stat& looked,
                    const std::filesystem::path& to);

// Waits until what is written next in this folder's file system gets a later time than `last`.
Status wait_for_tick(const std::filesystem::path& folder, const timespec& last);

bool is_later(const timespec& one, const timespec& other);

}  // namespace stagerun::rehearsal
