#include "core/report/standing.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/report/exit_words.h"

namespace stagerun {
namespace {

bool is_undone(const StageState& stage) {
  return stage.rolled_back && stage.rolled_back->result == UndoResult::undone;
}

// What it means that going back left the stage as it is.
Remainder after_going_back(const StageHistory& stage, const StageRolledBack& back,
                           const std::string& run) {
  Remainder rest{&stage, back.reason, "", false};
  if (back.result == UndoResult::conflict) {
    rest.why = "somebody else has changed it since; theirs was left alone: " + back.reason;
    rest.to_do = "look at what is there now, and decide what is to stand";
    rest.needs_person = true;
  } else if (back.result == UndoResult::stands) {
    if (stage.policy == RollbackPolicy::manual) {
      rest.to_do = fmt::format("if it is not to stand: `stagerun rollback {}`", run);
    }
  } else if (stage.attempts_of(Verb::rollback) > 0) {
    rest.why = "its undo failed: " + back.reason;
    rest.to_do = fmt::format(
        "mend what keeps its undo from working, then `stagerun rollback {}`; "
        "or undo it by hand",
        run);
    rest.needs_person = true;
  } else {
    rest.to_do = "undo it by hand, or make up for it";
    rest.needs_person = true;
  }
  return rest;
}

Remainder remainder_of(const StageHistory& stage, const StageState& state, const RunState& run) {
  const std::string& name = run.started.run;
  const bool in_doubt = state.settled && state.settled->result == StageResult::in_doubt;
  if (in_doubt) {
    return {&stage, "it may or may not have happened: " + state.settled->reason,
            fmt::format("find out whether it happened, then `stagerun resume {0}`, which asks "
                        "again, or `stagerun rollback {0}`",
                        name),
            true};
  }
  if (state.rolled_back) return after_going_back(stage, *state.rolled_back, name);
  if (!run.ended) return {&stage, "the run is unfinished", "", false};
  if (run.rollback && run.rollback->manual) {
    return {&stage, "the rollback that was asked for did not concern it", "", false};
  }
  return {&stage, "it stands, as the pipeline's policy says",
          fmt::format("if it is not to stand: `stagerun rollback {}`", name), false};
}

void notice_attempts(const StageHistory& stage, std::vector<std::string>& found) {
  for (const AttemptHistory& attempt : stage.attempts) {
    const bool was_tried_again =
        std::any_of(stage.attempts.begin(), stage.attempts.end(), [&](const auto& other) {
          return other.verb == attempt.verb && other.number > attempt.number;
        });
    const bool failed = !attempt.ended || !is_success(attempt.ended->status);
    if (!was_tried_again || !failed) continue;
    found.push_back(
        fmt::format("{}: attempt {} of {} {}", stage.name, attempt.number, to_string(attempt.verb),
                    attempt.ended ? fmt::format("ended as {}: {}", to_string(attempt.ended->status),
                                                attempt.ended->failure.text)
                                  : "was interrupted"));
  }
}

}  // namespace

std::string standing(const RunState& state) {
  if (state.started_at_ms == 0) return "never began";
  if (!state.ended) return "unfinished";
  if (state.rollback && state.rollback->manual && *state.ended == exit_succeeded)
    return "rolled back";
  return *state.ended == exit_succeeded ? "succeeded" : fmt::format("status {}", *state.ended);
}

std::string standing_words(const RunState& state) {
  if (state.started_at_ms == 0) return "never began; nothing was done";
  if (!state.ended) return "unfinished: it was killed, or is still at work";
  const bool by_hand = state.rollback && state.rollback->manual;
  if (!by_hand || *state.ended != exit_succeeded) return exit_words(*state.ended);
  const bool all = state.rollback->to.empty() && state.rollback->only.empty();
  return all ? "rolled back; everything was undone" : "rolled back in part, as was asked for";
}

std::string next_command(const RunState& state) {
  if (state.started_at_ms == 0) return "";
  if (!state.ended)
    return fmt::format("`stagerun resume {}` goes on, `stagerun rollback {}` undoes it",
                       state.started.run, state.started.run);
  if (*state.ended == exit_in_doubt || *state.ended == exit_person_needed) {
    return fmt::format(
        "`stagerun resume {}` tries again what is left, `stagerun rollback {}` undoes it",
        state.started.run, state.started.run);
  }
  return "";
}

std::string stage_standing(const StageState& stage) {
  if (stage.rolled_back) return std::string(to_string(stage.rolled_back->result));
  if (stage.settled) return std::string(to_string(stage.settled->result));
  return stage.started(Verb::apply) ? "interrupted" : "not begun";
}

std::string stage_reason(const StageState& stage) {
  std::string reason = stage.settled ? stage.settled->reason : "";
  if (stage.rolled_back && !stage.rolled_back->reason.empty()) {
    reason += (reason.empty() ? "" : "; going back: ") + stage.rolled_back->reason;
  }
  return reason;
}

std::size_t write_count(const StageState& stage) {
  return static_cast<std::size_t>(
      std::count_if(stage.effects.begin(), stage.effects.end(), [](const EffectState& effect) {
        return effect.intent.access == Access::write && effect.intent.verb == Verb::apply;
      }));
}

std::vector<Remainder> remainders(const RunHistory& history) {
  const RunState& run = history.state;
  std::vector<Remainder> found;
  if (run.ended == int{exit_succeeded} && !run.rollback) return found;
  for (auto stage = history.stages.rbegin(); stage != history.stages.rend(); ++stage) {
    const StageState& state = history.state_of(*stage);
    if (!state.has_write_intent() || is_undone(state)) continue;
    found.push_back(remainder_of(*stage, state, run));
  }
  return found;
}

std::vector<std::string> noticed(const RunHistory& history) {
  std::vector<std::string> found;
  for (const StageHistory& stage : history.stages) {
    notice_attempts(stage, found);
    const StageState& state = history.state_of(stage);
    if (state.services.empty() || is_undone(state)) continue;
    found.push_back(fmt::format("{}: it left a process running (pid {})", stage.name,
                                state.services.back().pid));
  }
  return found;
}

}  // namespace stagerun
