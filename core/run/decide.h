// What comes next for one stage, decided from nothing but its plan and its folded events. The same
// function drives a fresh run and a resumed one, so a crash is no special case (architecture,
// decisions 2 and 14; docs/journal-format.md has it as a table). Pure.
//
// A verb that began and did not end counts as interrupted: ask only where none is running.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/model/plan.h"
#include "core/model/run_state.h"

namespace stagerun {

struct Decision {
  enum class Do { nothing, run_verb, settle };

  Do action = Do::nothing;
  Verb verb{};                     // of run_verb
  StageResult result{};            // of settle
  std::string reason;              // of settle, where it did not go well
  std::int64_t not_before_ms = 0;  // of run_verb: the pause before another attempt; 0: none
};

// The moment of the next attempt of a verb that did not go well, where the pipeline asks for one
// and it can do no harm; nothing where there is none.
std::optional<std::int64_t> next_attempt(const PlannedStage& stage, const StageState& state,
                                         Verb verb);

Decision decide_forward(const PlannedStage& stage, const StageState& state);

// Why stages are undone.
enum class WayBack {
  failed,    // the run goes back
  by_hand,   // a person asked for it, so `rollback = "manual"` stages go back too
  at_close,  // the run has ended otherwise: only `rollback = "always"`
};

struct UndoDecision {
  enum class Do { nothing, run_rollback, settle };

  Do action = Do::nothing;
  UndoResult result{};
  std::string reason;
  std::int64_t not_before_ms = 0;  // of run_rollback
};

UndoDecision decide_backward(const PlannedStage& stage, const StageState& state, WayBack way);

// What the end of a rollback verb means.
UndoResult undo_result(VerbStatus status);

// True where nothing further may run, not even a rollback: an effect may or may not have happened,
// the host that knew is gone, and the plugin cannot tell.
bool holds_everything(const StageState& state);

}  // namespace stagerun
