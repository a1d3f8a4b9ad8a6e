// Small files, read and written whole. New files are 0600, new folders 0700; nothing follows a
// symbolic link at its last component when writing. Not for journals, which sync (core/journal).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace stagerun {

// Refuses a file larger than `most` bytes, and anything but a regular file.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t most);

// Creates or replaces. Not atomic.
Status write_file(const std::filesystem::path& path, std::string_view bytes);

// Creates it with the mode that people's umask gives; refuses what is there. Where it cannot be
// written as a whole, it is not there.
Status create_file(const std::filesystem::path& path, std::string_view bytes);

// Creates or replaces, whole or not at all, synced. For files that people asked for: with the mode
// that their umask gives. What is there and no plain file is refused.
Status replace_file(const std::filesystem::path& path, std::string_view bytes);

// Creates the folder and its parents, 0700 where new.
Status make_folder(const std::filesystem::path& path);

// Opens with O_CLOEXEC, mode 0600 where created.
Result<Fd> open_file(const std::filesystem::path& path, int flags);

// All of `bytes`, however many calls it takes.
Status write_all(int fd, std::string_view bytes);

// Makes the folder's own entries durable: after a file was created or renamed in it.
Status sync_folder(const std::filesystem::path& path);

// The file's sha256 in lower-case hex.
Result<std::string> file_digest(const std::filesystem::path& path);

}  // namespace stagerun
