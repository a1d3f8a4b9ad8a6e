// What happened in a run, one after the other, with how long it took. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/report/run_history.h"

namespace stagerun {

struct Moment {
  std::int64_t at_ms = 0;
  std::int64_t took_ms = -1;  // -1: it took no time, or has not ended
  std::string stage;          // "" where it concerns the run
  std::string text;
};

// In the order in which it began. Stages that were not chosen are told together, as one.
std::vector<Moment> timeline(const RunHistory& history);

// A line for each, after how long into the run.
std::string timeline_text(const RunHistory& history);

}  // namespace stagerun
