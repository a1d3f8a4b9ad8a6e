#include "core/run/exit_status.h"

#include <algorithm>

#include "core/model/outcome.h"

namespace stagerun {
namespace {

struct Tally {
  bool failed = false;    // a stage did not go well
  bool in_doubt = false;  // and nobody knows how it stands
  bool wrote = false;
  bool stands = false;  // a write was not undone
  bool person = false;  // and policy wanted it undone
  bool conflict = false;
};

Tally count(const Plan& plan, const RunState& state) {
  Tally tally;
  for (const PlannedStage& planned : plan.stages) {
    const StageState& stage = state.stage(planned.spec.name);
    const bool undone = stage.rolled_back && stage.rolled_back->result == UndoResult::undone;
    const auto undo_is = [&](UndoResult r) {
      return stage.rolled_back && stage.rolled_back->result == r;
    };
    const auto result_is = [&](StageResult r) {
      return stage.settled && stage.settled->result == r;
    };
    tally.failed |= stage.settled && !is_success(stage.settled->result);
    tally.in_doubt |= result_is(StageResult::in_doubt) && !undone;
    tally.wrote |= stage.has_write_intent();
    tally.stands |= stage.has_write_intent() && !undone;
    tally.person |= undo_is(UndoResult::failed);
    tally.conflict |= undo_is(UndoResult::conflict) || result_is(StageResult::conflict);
  }
  return tally;
}

// Of what a rollback of some stages was about.
bool leaves_something(const RunState& state) {
  const auto names = state.to_undo();
  return std::any_of(names.begin(), names.end(), [&state](const std::string& name) {
    const StageState& stage = state.stage(name);
    const bool undone = stage.rolled_back && stage.rolled_back->result == UndoResult::undone;
    return stage.has_write_intent() && !undone;
  });
}

}  // namespace

int exit_status(const Plan& plan, const RunState& state) {
  const Tally tally = count(plan, state);
  const bool by_hand = state.rollback && state.rollback->manual;
  const bool is_partial = by_hand && !(state.rollback->to + state.rollback->only).empty();
  if (tally.in_doubt) return exit_in_doubt;
  if (tally.person) return exit_person_needed;
  if (tally.conflict) return exit_conflict;
  if (is_partial) return leaves_something(state) ? exit_writes_stand : exit_succeeded;
  if (by_hand) return tally.stands ? exit_writes_stand : exit_succeeded;
  if (state.cancelled_by) return exit_signal + *state.cancelled_by;
  if (!tally.failed) return exit_succeeded;
  if (!tally.wrote) return exit_nothing_changed;
  return tally.stands ? exit_writes_stand : exit_undone;
}

}  // namespace stagerun
