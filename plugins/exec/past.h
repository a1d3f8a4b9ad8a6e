// Past: what became of the command in earlier attempts, as far as the host knows.
#pragma once

#include <optional>

#include <stagerun/stagerun.hpp>

namespace exec {

enum class Fate {
  never,    // it could not be started
  ended,    // it ran to its end
  unclear,  // it may have done something, and did not run to its end
};

struct Past {
  Fate fate = Fate::never;
  int status = -1;  // where it ended; -1: by a signal
  int signal = 0;
};

// The last attempt of the effect of that id; nothing where it was never let through.
std::optional<Past> read_past(const sr::Call& call, std::string_view id);

}  // namespace exec
