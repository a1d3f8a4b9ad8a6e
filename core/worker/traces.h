// Traces: what a verb could leave behind in its process for the next one to stumble over.
#pragma once

#include <csignal>
#include <cstdint>
#include <set>
#include <string>
#include <sys/types.h>
#include <tuple>
#include <vector>

namespace stagerun {

struct Traces {
  // The one that looks is always there: as many as before are the same as before.
  std::size_t threads = 0;
  // Number, device and file of every open descriptor: one that was closed and opened anew differs.
  std::set<std::tuple<int, dev_t, ino_t>> descriptors;
  std::string working_directory;
  std::size_t environment = 0;  // a hash
  mode_t umask = 0;
  std::vector<void (*)(int)> signal_handlers;

  friend bool operator==(const Traces&, const Traces&) = default;
};

// Of this process, now.
Traces look_for_traces();

}  // namespace stagerun
