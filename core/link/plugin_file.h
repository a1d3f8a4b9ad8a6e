// PluginFile: a plugin as it lies on disk: whether it may be trusted, and whether it is still what
// it was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <sys/types.h>

#include "core/base/result.h"

namespace stagerun {

struct PluginFile {
  // What changes when a file is written to or another is put in its place.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;

    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  std::string digest;
  Stamp stamp;
};

// Refuses a file that somebody else could have written: the file and every folder above it belong
// to us or to root and can be written by nobody else. A folder like /tmp, where nobody can replace
// what is another's, will do.
Status check_trust(const std::filesystem::path& plugin);

// Trusted, and its digest. `before`: what an earlier look found, or null; the file is not read
// again where it is unchanged since.
Result<PluginFile> examine_plugin(const std::filesystem::path& plugin, const PluginFile* before);

// False once the file was written to, replaced or taken away since it was examined.
bool is_unchanged(const std::filesystem::path& plugin, const PluginFile& file);

}  // namespace stagerun
