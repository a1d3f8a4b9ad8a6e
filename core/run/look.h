// Looking before anything starts: each stage's plugin checks its configuration and says what it
// would change. Nothing is journaled, and no effect but a read is let through.
#pragma once

#include <string>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/base/loop.h"
#include "core/run/verb_session.h"

namespace stagerun {

struct StageLook {
  std::string stage;
  Value changes = Value::array();  // [{"do", "what", "before", "after"}]
  std::string waits_for;           // the expression that has no value before the run, or ""
  bool is_left_out = false;        // its condition does not hold, or it was not chosen
};

struct Look {
  Diagnostics diagnostics;            // what plugins say is wrong with the configuration
  std::vector<std::string> broken;    // plugins that misbehaved, in words that name plugin and verb
  std::vector<std::string> refusals;  // plans that could not be made, in the plugin's words
  std::vector<StageLook> stages;

  bool is_good() const { return diagnostics.empty() && broken.empty() && refusals.empty(); }
};

// Runs the loop. `plan_too`: not only validate; scratch folders may then be made under
// places.folder.
Look look_at(Loop& loop, const Plan& plan, const Places& places, SessionPorts ports, bool plan_too);

}  // namespace stagerun
