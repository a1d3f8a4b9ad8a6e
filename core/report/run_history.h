// RunHistory: everything that a report tells of a run, folded from its events alone: RunState,
// which says how things stand, and beside it what came before, with its times. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/model/pipeline.h"
#include "core/model/run_state.h"

namespace stagerun {

struct EffectHistory {
  std::string id;
  std::string key;
  std::string kind;
  std::string purpose;
  Access access{};
  std::int64_t started_at_ms = 0;
  std::int64_t ended_at_ms = 0;
  std::optional<Value> outcome;  // nothing: in doubt

  // Nobody knows whether it happened.
  bool is_in_doubt() const;
  // It is sure not to have happened.
  bool has_not_happened() const;
  // In a few words how it ended: "exited with 3", "answered 200", "in doubt".
  std::string outcome_text() const;
};

// One attempt of one verb.
struct AttemptHistory {
  Verb verb{};
  std::uint32_t number = 0;
  std::int64_t started_at_ms = 0;
  std::int64_t ended_at_ms = 0;
  std::optional<VerbEnded> ended;  // nothing: it runs, or its host died
  std::vector<EffectHistory> effects;
};

struct StageHistory {
  std::string name;
  std::string uses;                                   // "" where the pipeline's text was not asked
  RollbackPolicy policy = RollbackPolicy::automatic;  // likewise
  std::vector<AttemptHistory> attempts;  // of all verbs, in the order in which they began
  std::int64_t settled_at_ms = 0;
  std::int64_t rolled_back_at_ms = 0;

  // 0 where it never began.
  std::int64_t started_at_ms() const;
  std::int64_t undo_started_at_ms() const;
  std::size_t attempts_of(Verb verb) const;
  // Its writes of apply, newest attempt last; without those that are sure not to have happened.
  std::vector<const EffectHistory*> changes() const;
};

// What first went wrong: what came after it, or while going back, never hides it.
struct FirstFailure {
  std::string stage;
  StageResult result{};
  std::string reason;
  std::int64_t at_ms = 0;
  std::optional<VerbEnded> verb;  // that said so
};

// A program that worked on the run: the one that began it, and those that took it over.
struct HostHistory {
  std::string command;
  std::string by;
  std::int64_t at_ms = 0;
};

struct RunHistory {
  RunState state;
  std::string pipeline_name;         // "" where the pipeline's text was not asked
  std::vector<StageHistory> stages;  // in the order in which they first did something
  std::vector<HostHistory> hosts;
  std::optional<FirstFailure> failure;
  std::int64_t cancelled_at_ms = 0;
  std::int64_t rollback_at_ms = 0;
  std::int64_t ended_at_ms = 0;  // 0: it runs, or its host died

  const StageState& state_of(const StageHistory& stage) const { return state.stage(stage.name); }

  std::unordered_map<std::string, std::size_t> places;  // in `stages`, by name
};

// Takes one more event into account. Total, as the fold to RunState.
void fold(RunHistory& history, const RunEvent& event);
RunHistory fold_history(const std::vector<RunEvent>& events);

// Adds what only the pipeline's text says: which plugin each stage uses, and the stages that never
// did anything, after the others.
void complete(RunHistory& history, const Pipeline& pipeline);

}  // namespace stagerun
