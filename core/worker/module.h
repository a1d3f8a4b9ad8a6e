// Module: what a plugin offers, copied out of its tables and found fit for use.
#pragma once

#include <optional>
#include <vector>

#include <stagerun/stagerun.h>

#include "core/base/value.h"
#include "core/worker/library.h"

namespace stagerun {

// The tables are ours: members that the plugin's are too short for are null. The texts they point
// to stay the plugin's; they live as long as the process.
struct Module {
  sr_module table{};
  std::vector<sr_stage> stages;

  // The stage of that name, or null.
  const sr_stage* find(std::string_view name) const;
};

// Fills `module`, or says why the plugin cannot be used. `raw` may be null.
std::optional<Refusal> read_module(const sr_module* raw, Module& module);

// What the host is told of a module that was read without a refusal: see `loaded` in
// core/base/wire.h.
Value describe(const Module& module);

}  // namespace stagerun
