#include "core/report/matrix.h"

#include <algorithm>

#include <fmt/format.h>

namespace stagerun {
namespace {

// A word of a command line that a shell gives on as it is.
std::string shell_word(const std::string& text) {
  const bool is_plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("@%+=:,./_-").find(c) != std::string_view::npos;
  });
  if (is_plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

std::string_view outcome_of(const Scenario& scenario) {
  return scenario.broken.empty() ? std::string_view(scenario.outcome) : kOutcomes.back();
}

void OutcomeCounts::add(const Scenario& scenario) {
  const auto found = std::find(kOutcomes.begin(), kOutcomes.end(), outcome_of(scenario));
  if (found == kOutcomes.end()) return;
  ++counts_[static_cast<std::size_t>(found - kOutcomes.begin())];
}

std::size_t OutcomeCounts::of(std::string_view outcome) const {
  const auto found = std::find(kOutcomes.begin(), kOutcomes.end(), outcome);
  return found == kOutcomes.end() ? 0
                                  : counts_[static_cast<std::size_t>(found - kOutcomes.begin())];
}

OutcomeCounts count_outcomes(const Rehearsal& rehearsal) {
  OutcomeCounts counts;
  for (const Scenario& scenario : rehearsal.scenarios) counts.add(scenario);
  return counts;
}

std::int64_t rollback_ms(const Rehearsal& rehearsal) {
  std::int64_t sum = 0;
  for (const StageEstimate& estimate : rehearsal.estimates) sum += estimate.rollback_ms;
  return sum;
}

std::string rehearse_command(const Rehearsal& rehearsal, const std::string& pipeline_path) {
  std::string command = "stagerun rehearse " + shell_word(pipeline_path);
  for (const std::string& option : rehearsal.options) command += " " + shell_word(option);
  return command;
}

std::string replay_command(const Scenario& scenario, const std::string& command) {
  return command + " --fault " + shell_word(scenario.fault);
}

std::string difference_words(const Difference& difference) {
  const std::string& stage = difference.stage;
  return fmt::format("{} {}{}", difference.what, difference.how,
                     stage.empty() ? "" : fmt::format(" (by {})", stage));
}

}  // namespace stagerun
