// What the three forms of a rehearsal's matrix share: what counts as which outcome, and how a
// scenario is tried again. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "core/model/rehearsal.h"

namespace stagerun {

inline constexpr std::array<std::string_view, 5> kOutcomes = {
    "went live", "went back", "nothing changed", "incomplete", "broken"};

// The scenario's own, but for one in which an invariant does not hold: that is broken, whatever
// else became of it.
std::string_view outcome_of(const Scenario& scenario);

// How many scenarios ended in each of kOutcomes.
class OutcomeCounts {
 public:
  void add(const Scenario& scenario);
  std::size_t of(std::string_view outcome) const;

 private:
  std::array<std::size_t, kOutcomes.size()> counts_{};
};

OutcomeCounts count_outcomes(const Rehearsal& rehearsal);

// Of going back from the end of the pipeline: one stage after the other.
std::int64_t rollback_ms(const Rehearsal& rehearsal);

// Command lines for a shell, whatever stands in the path, the options and the fault: the rehearsal
// again, and of that one scenario alone.
std::string rehearse_command(const Rehearsal& rehearsal, const std::string& pipeline_path);
std::string replay_command(const Scenario& scenario, const std::string& command);

// "file world/app.db changed (by migrate)".
std::string difference_words(const Difference& difference);

}  // namespace stagerun
