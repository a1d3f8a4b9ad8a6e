#include "core/run/decide.h"

namespace stagerun {
namespace {

Decision run(Verb verb) { return {Decision::Do::run_verb, verb, {}, "", 0}; }

Decision settle(StageResult result, const std::string& reason = "") {
  return {Decision::Do::settle, {}, result, reason, 0};
}

// The stage failed with the words of the verb that said so.
Decision settle_failed(const VerbEnded& ended) {
  const std::string& reason = ended.failure.text;
  switch (ended.status) {
    case VerbStatus::conflict:
      return settle(StageResult::conflict, reason);
    case VerbStatus::cancelled:
      return settle(StageResult::cancelled, reason);
    case VerbStatus::timed_out:
      return settle(StageResult::timed_out, reason);
    default:
      return settle(StageResult::failed, reason);
  }
}

// The same, or that verb once more.
Decision fail_or_retry(const PlannedStage& stage, const StageState& state, const VerbEnded& ended) {
  const auto moment = next_attempt(stage, state, ended.verb);
  return moment ? Decision{Decision::Do::run_verb, ended.verb, {}, "", *moment}
                : settle_failed(ended);
}

// The end of a verify that came after the last apply, or null.
const VerbEnded* verdict(const StageState& state) {
  return state.verified_since_apply ? state.ended(Verb::verify) : nullptr;
}

Decision before_apply(const PlannedStage& stage, const StageState& state) {
  if (stage.info->has(Verb::validate) && stage.waits_for_outputs()) {
    const VerbEnded* validate = state.ended(Verb::validate);
    if (validate == nullptr) return run(Verb::validate);
    if (!is_success(validate->status)) return settle_failed(*validate);
  }
  const VerbEnded* plan = state.ended(Verb::plan);
  if (plan == nullptr) return run(stage.info->has(Verb::plan) ? Verb::plan : Verb::apply);
  const bool go = is_success(plan->status) || plan->status == VerbStatus::absent;
  return go ? run(Verb::apply) : fail_or_retry(stage, state, *plan);
}

Decision after_good_apply(const PlannedStage& stage, const StageState& state) {
  const VerbEnded* verify = verdict(state);
  if (verify == nullptr) {
    const bool asks = stage.info->has(Verb::verify) && stage.verifies_good_apply;
    return asks ? run(Verb::verify) : settle(StageResult::ok);
  }
  if (is_success(verify->status) || verify->status == VerbStatus::absent)
    return settle(StageResult::ok);
  return fail_or_retry(stage, state, *verify);
}

// The plugin said that it cannot know whether its write happened.
Decision after_unknown_apply(const PlannedStage& stage, const StageState& state) {
  const VerbEnded& apply = *state.ended(Verb::apply);
  if (!state.has_write_intent()) return settle(StageResult::failed, apply.failure.text);
  if (!stage.info->has(Verb::verify)) return settle(StageResult::in_doubt, apply.failure.text);
  const VerbEnded* verify = verdict(state);
  if (verify == nullptr) return run(Verb::verify);
  if (is_success(verify->status)) return settle(StageResult::ok);
  const bool certain =
      verify->status != VerbStatus::unknown && verify->status != VerbStatus::absent;
  return certain ? settle_failed(*verify) : settle(StageResult::in_doubt, apply.failure.text);
}

// The host died while apply ran, after a write was let through.
Decision after_interrupted_apply(const PlannedStage& stage, const StageState& state) {
  const VerbEnded* verify = verdict(state);
  if (stage.info->has(Verb::verify) && verify == nullptr) return run(Verb::verify);
  if (verify != nullptr && is_success(verify->status)) return settle(StageResult::ok);
  if (verify != nullptr && verify->status == VerbStatus::cancelled) return settle_failed(*verify);
  const bool not_done = verify != nullptr && verify->status == VerbStatus::failed;
  if (not_done || stage.may_repeat()) return run(Verb::apply);
  return settle(StageResult::in_doubt,
                "stagerun was killed while it was applied, and it cannot be found out whether it "
                "was done");
}

}  // namespace

std::optional<std::int64_t> next_attempt(const PlannedStage& stage, const StageState& state,
                                         Verb verb) {
  const VerbEnded* ended = state.ended(verb);
  if (ended == nullptr) return std::nullopt;
  const VerbStatus status = ended->status;
  const bool may_help = status == VerbStatus::retry || status == VerbStatus::failed ||
                        status == VerbStatus::timed_out;
  const bool is_harmless = verb != Verb::apply || stage.may_repeat() || !state.has_write_intent();
  const VerbState& last = state.verbs.at(verb);
  const bool is_left = last.attempt < static_cast<std::uint32_t>(stage.spec.retry.attempts);
  if (!may_help || !is_harmless || !is_left) return std::nullopt;
  return last.ended_at_ms + stage.spec.retry.pause_before(last.attempt + 1);
}

Decision decide_forward(const PlannedStage& stage, const StageState& state) {
  if (state.settled) return {};
  if (!state.started(Verb::apply)) return before_apply(stage, state);
  const VerbEnded* apply = state.ended(Verb::apply);
  if (apply == nullptr) {
    return state.has_write_intent() ? after_interrupted_apply(stage, state) : run(Verb::apply);
  }
  switch (apply->status) {
    case VerbStatus::ok:
      return after_good_apply(stage, state);
    case VerbStatus::unchanged:
      return settle(StageResult::unchanged);
    case VerbStatus::unknown:
      return after_unknown_apply(stage, state);
    default:
      return fail_or_retry(stage, state, *apply);
  }
}

UndoDecision decide_backward(const PlannedStage& stage, const StageState& state, WayBack way) {
  if (state.rolled_back || !state.has_write_intent()) return {};
  if (way == WayBack::at_close && stage.spec.rollback != RollbackPolicy::always) return {};
  const auto settled = [](UndoResult result, std::string reason) {
    return UndoDecision{UndoDecision::Do::settle, result, std::move(reason), 0};
  };
  if (stage.spec.rollback == RollbackPolicy::never) {
    return settled(UndoResult::stands, "the pipeline says rollback = \"never\"");
  }
  if (stage.spec.rollback == RollbackPolicy::manual && way == WayBack::failed) {
    return settled(UndoResult::stands, "the pipeline says rollback = \"manual\"");
  }
  if (!stage.can_go_back()) {
    return settled(UndoResult::failed, "it is irreversible: undo it by hand, or make up for it");
  }
  return {UndoDecision::Do::run_rollback,
          {},
          "",
          next_attempt(stage, state, Verb::rollback).value_or(0)};
}

UndoResult undo_result(VerbStatus status) {
  if (is_success(status)) return UndoResult::undone;
  return status == VerbStatus::conflict ? UndoResult::conflict : UndoResult::failed;
}

bool holds_everything(const StageState& state) {
  const bool in_doubt = state.settled && state.settled->result == StageResult::in_doubt;
  return in_doubt && state.ended(Verb::apply) == nullptr;
}

}  // namespace stagerun
