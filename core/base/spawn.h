// Starting child processes, here only. One thread that lives as long as the host calls
// it: PDEATHSIG fires when the spawning thread ends.
#pragma once

#include <filesystem>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace stagerun {

struct SpawnOptions {
  std::vector<std::string> argv;         // argv[0] is looked up in the PATH of `environment`
  std::vector<std::string> environment;  // NAME=VALUE, the whole of it
  std::filesystem::path cwd;             // empty: ours
  // What the child gets: {ours, its number}. Every other descriptor is closed. stdin, stdout and
  // stderr are /dev/null unless they are named here. Numbers must be distinct and below 16.
  std::vector<std::pair<int, int>> descriptors;
  bool own_session = false;  // outlives the terminal; otherwise only a process group of its own
};

// The child's pid; it leads its own process group, with default signal handling and mask.
Result<pid_t> spawn(const SpawnOptions& options);

// Our own environment as NAME=VALUE.
std::vector<std::string> own_environment();

}  // namespace stagerun
