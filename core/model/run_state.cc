#include "core/model/run_state.h"

#include <algorithm>

namespace stagerun {
namespace {

class Folder {
 public:
  Folder(RunState& state, std::int64_t at_ms) : state_(state), at_ms_(at_ms) {}

  void operator()(const RunStarted& event) {
    state_.started = event;
    state_.boot = event.boot;
  }

  // A run that ended in doubt or incomplete is open again: what was not settled well is tried anew.
  // After a reboot no service runs any more, and its pid may be anybody's.
  void operator()(const RunResumed& event) {
    if (state_.boot != event.boot) {
      for (auto& [name, stage] : state_.stages) stage.services.clear();
    }
    state_.boot = event.boot;
    state_.ended.reset();
    for (auto& [name, stage] : state_.stages) reopen(stage);
  }

  void operator()(const VerbStarted& event) {
    StageState& stage = touch(event.stage);
    stage.verbs[event.verb] = VerbState{event.attempt, std::nullopt, 0};
    if (event.verb == Verb::apply) {
      stage.verified_since_apply = false;
      stage.applies = event.attempt;
    }
    if (event.verb == Verb::verify) stage.verified_since_apply = true;
  }

  void operator()(const VerbEnded& event) {
    StageState& stage = touch(event.stage);
    stage.verbs[event.verb] = VerbState{event.attempt, event, at_ms_};
    const bool counts = event.verb == Verb::apply || event.verb == Verb::verify;
    if (!counts || !is_success(event.status) || event.outputs.members() == nullptr) return;
    for (const auto& [name, value] : *event.outputs.members()) stage.outputs.set(name, value);
  }

  void operator()(const CheckpointSaved& event) { touch(event.stage).checkpoint = event.state; }

  void operator()(const NoteAdded& event) { touch(event.stage).notes.push_back(event.note); }

  void operator()(const EffectIntended& event) {
    touch(event.stage).effects.push_back({event, std::nullopt});
  }

  void operator()(const ProcessStarted& event) {
    if (!event.leaves_running) return;
    touch(event.stage).services.push_back({event.key, event.pid, event.start_ticks});
  }

  void operator()(const EffectSettled& event) {
    auto& effects = touch(event.stage).effects;
    const auto found = std::find_if(effects.rbegin(), effects.rend(), [&](const EffectState& e) {
      return e.intent.verb == event.verb && e.intent.attempt == event.attempt &&
             e.intent.id == event.id;
    });
    if (found != effects.rend()) found->outcome = event.outcome;
  }

  void operator()(const StageSettled& event) { touch(event.stage).settled = event; }

  void operator()(const RollbackStarted& event) { state_.rollback = event; }

  void operator()(const ClosingStarted&) { state_.closing = true; }

  void operator()(const StageRolledBack& event) { touch(event.stage).rolled_back = event; }

  void operator()(const CancelRequested& event) {
    if (!state_.cancelled_by) state_.cancelled_by = event.signal;
  }

  void operator()(const RunEnded& event) { state_.ended = event.status; }

 private:
  StageState& touch(const std::string& name) {
    const auto [place, fresh] = state_.stages.try_emplace(name);
    if (fresh) state_.order.push_back(name);
    return place->second;
  }

  static void reopen(StageState& stage) {
    if (stage.settled && stage.settled->result == StageResult::in_doubt) {
      stage.settled.reset();
      stage.verified_since_apply = false;
    }
    const bool undone = stage.rolled_back && (stage.rolled_back->result == UndoResult::undone ||
                                              stage.rolled_back->result == UndoResult::nothing);
    if (stage.rolled_back && !undone) stage.rolled_back.reset();
  }

  RunState& state_;
  std::int64_t at_ms_;
};

}  // namespace

const VerbEnded* StageState::ended(Verb verb) const {
  const auto found = verbs.find(verb);
  if (found == verbs.end() || !found->second.ended) return nullptr;
  return &*found->second.ended;
}

bool StageState::started(Verb verb) const { return verbs.contains(verb); }

bool StageState::was_not_chosen() const {
  return settled && settled->result == StageResult::skipped && settled->reason == kNotChosen;
}

bool StageState::has_write_intent() const {
  return std::any_of(effects.begin(), effects.end(), [](const EffectState& effect) {
    return effect.intent.verb == Verb::apply && effect.intent.access == Access::write;
  });
}

bool StageState::has_pending_write() const {
  return std::any_of(effects.begin(), effects.end(), [](const EffectState& effect) {
    return effect.intent.verb == Verb::apply && effect.intent.access == Access::write &&
           !effect.outcome;
  });
}

const StageState& RunState::stage(const std::string& name) const {
  static const StageState kUntouched;
  const auto found = stages.find(name);
  return found != stages.end() ? found->second : kUntouched;
}

std::vector<std::string> RunState::to_undo() const {
  if (!rollback || (rollback->to.empty() && rollback->only.empty())) return order;
  if (!rollback->only.empty()) return {rollback->only};
  const auto last_to_stand = std::find(order.begin(), order.end(), rollback->to);
  if (last_to_stand == order.end()) return {};
  return {last_to_stand + 1, order.end()};
}

void fold(RunState& state, const RunEvent& event) {
  if (state.started_at_ms == 0) state.started_at_ms = event.at_ms;
  state.last_at_ms = event.at_ms;
  std::visit(Folder(state, event.at_ms), event.body);
}

RunState fold(const std::vector<RunEvent>& events) {
  RunState state;
  for (const RunEvent& event : events) fold(state, event);
  return state;
}

}  // namespace stagerun
