// RunState: what is known of a run, folded from its events alone. Running, resuming, rolling back
// and reporting all start from this value, so that a run after a crash takes the ordinary path.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/run_event.h"

namespace stagerun {

// The reason of a stage that was skipped because `--from` or `--only` left it out.
inline constexpr std::string_view kNotChosen = "not chosen";

struct EffectState {
  EffectIntended intent;
  std::optional<Value> outcome;  // nothing: in doubt
};

struct ServiceState {
  std::string key;
  std::int64_t pid = 0;
  std::int64_t start_ticks = 0;
};

// The last time that a verb of this stage ran.
struct VerbState {
  std::uint32_t attempt = 0;
  std::optional<VerbEnded> ended;  // nothing: it runs, or its host died
  std::int64_t ended_at_ms = 0;
};

struct StageState {
  std::map<Verb, VerbState> verbs;
  // True once the verb of that name began after the last apply did: an older verify settles
  // nothing.
  bool verified_since_apply = false;
  std::uint32_t applies = 0;  // attempts of apply so far

  std::optional<Bytes> checkpoint;
  std::vector<Bytes> notes;
  std::vector<EffectState> effects;  // of apply and rollback, in order; reads too
  std::vector<ServiceState> services;
  Value outputs;

  std::optional<StageSettled> settled;
  std::optional<StageRolledBack> rolled_back;

  const VerbEnded* ended(Verb verb) const;
  bool started(Verb verb) const;
  bool was_not_chosen() const;
  // True once a write effect of apply has been let through, whatever became of it.
  bool has_write_intent() const;
  // True where a write intent of apply has no outcome.
  bool has_pending_write() const;
};

struct RunState {
  RunStarted started;
  std::int64_t started_at_ms = 0;
  std::int64_t last_at_ms = 0;
  std::string boot;  // of the last host
  std::map<std::string, StageState> stages;
  std::vector<std::string> order;  // stages in the order in which they first did something
  std::optional<RollbackStarted> rollback;
  bool closing = false;  // nothing further goes forward; what is always undone is being undone
  std::optional<int> cancelled_by;  // the signal
  std::optional<int> ended;         // the exit status; nothing: it runs, or its host died

  // The stage's state, empty where nothing has happened to it yet.
  const StageState& stage(const std::string& name) const;
  // The stages that the rollback is about, in the order in which they first did something.
  std::vector<std::string> to_undo() const;
};

// Takes one more event into account. Total: any order of events gives a state.
void fold(RunState& state, const RunEvent& event);

RunState fold(const std::vector<RunEvent>& events);

}  // namespace stagerun
