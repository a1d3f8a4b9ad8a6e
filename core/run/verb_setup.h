// What one verb of one stage is called with: its configuration resolved on real outputs, what
// earlier verbs left, what it may do. A value, drawn from the plan and the run's state alone.
#pragma once

#include <filesystem>
#include <string>

#include "core/model/ports.h"

namespace stagerun {

// Where a run's things are.
struct Places {
  std::string run;
  std::filesystem::path workspace;  // absolute
  std::filesystem::path folder;     // of the run, absolute

  std::filesystem::path scratch(const std::string& stage) const {
    return folder / "scratch" / stage;
  }
};

struct VerbSetup {
  VerbCall call;
  EffectScope scope;
  Value outputs_schema;
  Value config;                    // as in the call
  std::vector<Reference> missing;  // expressions whose values are not known yet
  std::string problem;             // why an expression can have no value, or ""
};

// `context` is {"inputs": {...}, "stages": {NAME: {"outputs": {...}}}}.
VerbSetup make_setup(const PlannedStage& stage, Verb verb, const StageState& state,
                     const Value& context, const Places& places);

}  // namespace stagerun
