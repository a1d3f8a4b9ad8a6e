#include "core/report/run_history.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"

namespace stagerun {
namespace {

// Folded after RunState, which has taken the event in already.
class HistoryFolder {
 public:
  HistoryFolder(RunHistory& history, std::int64_t at_ms) : history_(history), at_ms_(at_ms) {}

  void operator()(const RunStarted& event) { history_.hosts.push_back({"run", event.by, at_ms_}); }

  void operator()(const RunResumed& event) {
    history_.hosts.push_back({event.command, event.by, at_ms_});
    history_.ended_at_ms = 0;
  }

  void operator()(const VerbStarted& event) {
    auto& attempts = stage(event.stage).attempts;
    attempts.push_back({event.verb, event.attempt, at_ms_, 0, std::nullopt, {}});
  }

  void operator()(const VerbEnded& event) {
    AttemptHistory* found = attempt(event.stage, event.verb, event.attempt);
    if (found == nullptr) return;
    found->ended = event;
    found->ended_at_ms = at_ms_;
    found->ended->result = {};  // the plugin's own
  }

  void operator()(const EffectIntended& event) {
    AttemptHistory* found = attempt(event.stage, event.verb, event.attempt);
    if (found == nullptr) return;
    found->effects.push_back(
        {event.id, event.key, event.kind, event.purpose, event.access, at_ms_, 0, std::nullopt});
  }

  void operator()(const EffectSettled& event) {
    AttemptHistory* found = attempt(event.stage, event.verb, event.attempt);
    if (found == nullptr) return;
    auto& effects = found->effects;
    const auto effect = std::find_if(effects.rbegin(), effects.rend(),
                                     [&](const EffectHistory& e) { return e.id == event.id; });
    if (effect == effects.rend()) return;
    effect->outcome = event.outcome;
    effect->ended_at_ms = at_ms_;
  }

  void operator()(const StageSettled& event) {
    StageHistory& settled = stage(event.stage);
    settled.settled_at_ms = at_ms_;
    if (is_success(event.result) || history_.failure) return;
    history_.failure = FirstFailure{event.stage, event.result, event.reason, at_ms_, std::nullopt};
    const auto& attempts = settled.attempts;
    if (attempts.empty() || !attempts.back().ended) return;
    if (!is_success(attempts.back().ended->status)) history_.failure->verb = attempts.back().ended;
  }

  void operator()(const StageRolledBack& event) { stage(event.stage).rolled_back_at_ms = at_ms_; }

  void operator()(const RollbackStarted&) {
    if (history_.rollback_at_ms == 0) history_.rollback_at_ms = at_ms_;
  }

  void operator()(const CancelRequested&) {
    if (history_.cancelled_at_ms == 0) history_.cancelled_at_ms = at_ms_;
  }

  void operator()(const RunEnded&) { history_.ended_at_ms = at_ms_; }

  void operator()(const auto&) {}

 private:
  StageHistory& stage(const std::string& name) {
    const auto [place, fresh] = history_.places.try_emplace(name, history_.stages.size());
    if (fresh) history_.stages.push_back({name, "", RollbackPolicy::automatic, {}, 0, 0});
    return history_.stages[place->second];
  }

  // The newest of that number: a resumed run may repeat one.
  AttemptHistory* attempt(const std::string& name, Verb verb, std::uint32_t number) {
    auto& attempts = stage(name).attempts;
    const auto found = std::find_if(
        attempts.rbegin(), attempts.rend(),
        [&](const AttemptHistory& each) { return each.verb == verb && each.number == number; });
    return found == attempts.rend() ? nullptr : &*found;
  }

  RunHistory& history_;
  std::int64_t at_ms_;
};

std::string exit_text(const Value& outcome) {
  const Value* signal = outcome.find("signal");
  if (signal != nullptr && signal->integer() != nullptr) {
    return fmt::format("ended by signal {}", *signal->integer());
  }
  return fmt::format("exited with {}", outcome.integer_or("status", 0));
}

}  // namespace

bool EffectHistory::is_in_doubt() const {
  return !outcome || outcome->boolean_or("may_have_happened", false);
}

bool EffectHistory::has_not_happened() const {
  const std::string event = outcome ? outcome->text_or("event") : "";
  return event == "refused" || ((event == "failed" || event == "cancelled") && !is_in_doubt());
}

std::string EffectHistory::outcome_text() const {
  if (!outcome) return "in doubt: nobody saw how it ended";
  const std::string event = outcome->text_or("event");
  if (event == "exited") return exit_text(*outcome);
  if (event == "response") return fmt::format("answered {}", outcome->integer_or("status", 0));
  const std::string text = outcome->text_or("text");
  const std::string words = text.empty() ? event : fmt::format("{}: {}", event, text);
  return is_in_doubt() ? "in doubt: " + words : words;
}

std::int64_t StageHistory::started_at_ms() const {
  const auto first = std::find_if(attempts.begin(), attempts.end(),
                                  [](const auto& each) { return each.verb != Verb::rollback; });
  return first != attempts.end() ? first->started_at_ms : settled_at_ms;
}

std::int64_t StageHistory::undo_started_at_ms() const {
  const auto first = std::find_if(attempts.begin(), attempts.end(),
                                  [](const auto& each) { return each.verb == Verb::rollback; });
  return first != attempts.end() ? first->started_at_ms : rolled_back_at_ms;
}

std::size_t StageHistory::attempts_of(Verb verb) const {
  return static_cast<std::size_t>(std::count_if(
      attempts.begin(), attempts.end(), [verb](const auto& each) { return each.verb == verb; }));
}

std::vector<const EffectHistory*> StageHistory::changes() const {
  std::vector<const EffectHistory*> found;
  for (const AttemptHistory& attempt : attempts) {
    if (attempt.verb != Verb::apply) continue;
    for (const EffectHistory& effect : attempt.effects) {
      const bool counts = effect.access == Access::write && !effect.has_not_happened();
      if (counts) found.push_back(&effect);
    }
  }
  return found;
}

void fold(RunHistory& history, const RunEvent& event) {
  fold(history.state, event);
  std::visit(HistoryFolder(history, event.at_ms), event.body);
}

RunHistory fold_history(const std::vector<RunEvent>& events) {
  RunHistory history;
  for (const RunEvent& event : events) fold(history, event);
  return history;
}

void complete(RunHistory& history, const Pipeline& pipeline) {
  history.pipeline_name = pipeline.name;
  for (const StageSpec& spec : pipeline.stages) {
    const auto [place, fresh] = history.places.try_emplace(spec.name, history.stages.size());
    if (fresh) history.stages.push_back({spec.name, "", {}, {}, 0, 0});
    history.stages[place->second].uses = spec.uses;
    history.stages[place->second].policy = spec.rollback;
  }
}

}  // namespace stagerun
