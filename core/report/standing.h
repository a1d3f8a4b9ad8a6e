// How a run and its stages stand, in the words that all reports share. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/report/run_history.h"

namespace stagerun {

// In a word or two how the run stands: "succeeded", "rolled back", "status 6", "unfinished".
std::string standing(const RunState& state);

// The same as a sentence, with what it means.
std::string standing_words(const RunState& state);

// What a person can do next about the run, as commands; "" where nothing is left to do.
std::string next_command(const RunState& state);

// "ok", "undone", "interrupted", "not begun".
std::string stage_standing(const StageState& stage);

// Why the stage ended as it did, forward and back.
std::string stage_reason(const StageState& stage);

// How many writes of apply it let through.
std::size_t write_count(const StageState& stage);

// A stage of which a write was let through and not undone, where the run did not simply succeed.
struct Remainder {
  const StageHistory* stage = nullptr;
  std::string why;            // it stands
  std::string to_do;          // for a person, or ""
  bool needs_person = false;  // policy wanted it otherwise
};

// Newest first, as it would have been undone.
std::vector<Remainder> remainders(const RunHistory& history);

// What deserves a look though it decided nothing: attempts that failed, services that were left.
std::vector<std::string> noticed(const RunHistory& history);

}  // namespace stagerun
