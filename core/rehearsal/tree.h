// Tree: all that is in a folder, by path, no link followed. For folders that nobody else works in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <sys/stat.h>

#include "core/base/limits.h"
#include "core/base/result.h"

namespace stagerun::rehearsal {

struct TreeEntry {
  struct stat info {};
  std::string target;  // of a symbolic link
};

// By path from the folder, with slashes: a folder stands before what is in it.
using Tree = std::map<std::string, TreeEntry>;

struct TreeLimits {
  std::int64_t bytes = limits::kWorldBytes;
  std::size_t files = limits::kWorldFiles;
};

// Without `left_out`, a path from the folder ("" leaves nothing out). An error names what is too
// large, and what cannot be read.
Result<Tree> list_tree(const std::filesystem::path& folder, const std::filesystem::path& left_out,
                       const TreeLimits& most);

// Likewise of what is ours to change, whatever was done to it: folders that cannot be looked into
// or changed are made so first, and there is no limit, for what is to be cleared away must be seen.
Result<Tree> list_opened(const std::filesystem::path& folder);

}  // namespace stagerun::rehearsal
