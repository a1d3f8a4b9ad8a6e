// What one verb of one stage is called with: its configuration resolved on real outputs, what
// earlier verbs left, what it may do. A value, drawn from the plan and the run's state alone.
#pragma once

#include <filesystem>
#include <string>

#include "core/model/ports.h"
#include "core/run/context.h"

namespace stagerun {

// Where a run's things are.
struct Places {
  std::string run;
  std::filesystem::path workspace;  // absolute
  std::filesystem::path folder;     // of the run, absolute
  std::string handle_key;           // what the run's handles end in

  std::filesystem::path scratch(const std::string& stage) const {
    return folder.native() + "/scratch/" + stage;
  }
};

struct VerbSetup {
  VerbCall call;
  EffectScope scope;
  Value outputs_schema;
  Value config;                      // as in the call
  std::vector<std::string> missing;  // references whose values are not known yet
  std::string problem;               // why an expression can have no value, or ""
};

// What the answer of a pure verb (docs/abi.md, "The manifest") depends on; "" where it depends on
// more than can be told.
std::string pure_question(const PlannedStage& stage, const VerbSetup& setup);

VerbSetup make_setup(const PlannedStage& stage, Verb verb, const StageState& state,
                     const RunContext& context, const Places& places);

}  // namespace stagerun
