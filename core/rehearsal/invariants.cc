#include "core/rehearsal/invariants.h"

#include <algorithm>

#include <fmt/format.h>

namespace stagerun::rehearsal {
namespace {

constexpr const char* kLive = "went live";
constexpr const char* kBack = "went back";
constexpr const char* kNothing = "nothing changed";
constexpr const char* kIncomplete = "incomplete";

// What the last host's exit status promises.
const char* promise(const Facts& facts) {
  switch (facts.status) {
    case exit_succeeded:
      return facts.then == "rollback" ? kBack : kLive;
    case exit_undone:
      return kBack;
    case exit_usage:
    case exit_nothing_changed:
    case exit_plugin:
    case exit_surroundings:
      return kNothing;
    default:
      return kIncomplete;
  }
}

std::vector<Difference> against_promise(const Facts& facts, const Reference& reference,
                                        bool is_live) {
  auto left = differences(is_live ? reference.after : reference.before, facts.world);
  if (!is_live) {
    std::erase_if(left, [&](const Difference& one) { return reference.kept.contains(one.what); });
  }
  for (Difference& one : left) {
    const auto maker = reference.makers.find(one.what);
    if (maker != reference.makers.end()) one.stage = maker->second;
  }
  return left;
}

std::string in_words(const Difference& difference) {
  const std::string maker =
      difference.stage.empty() ? "" : fmt::format(" (stage `{}`)", difference.stage);
  return fmt::format("{} {}{}", difference.what, difference.how, maker);
}

std::string in_words(const std::vector<Difference>& differences) {
  std::string text;
  for (const Difference& one : differences) text += (text.empty() ? "" : "; ") + in_words(one);
  return text;
}

// What the run itself says that it could not do.
std::vector<std::string> by_hand(const RunState& state) {
  std::vector<std::string> to_do;
  for (const auto& [name, stage] : state.stages) {
    const bool needs_a_person =
        stage.rolled_back && (stage.rolled_back->result == UndoResult::conflict ||
                              stage.rolled_back->result == UndoResult::failed);
    if (needs_a_person) {
      to_do.push_back(fmt::format("stage `{}` was not undone ({}): {}", name,
                                  to_string(stage.rolled_back->result), stage.rolled_back->reason));
    } else if (stage.settled && stage.settled->result == StageResult::in_doubt) {
      to_do.push_back(fmt::format("stage `{}` is in doubt: find out whether it was done: {}", name,
                                  stage.settled->reason));
    } else if (stage.settled && !is_success(stage.settled->result) && stage.has_write_intent() &&
               !stage.rolled_back) {
      to_do.push_back(fmt::format("stage `{}` failed, and what it wrote stands: {}", name,
                                  stage.settled->reason));
    }
  }
  return to_do;
}

void check_world(const char* promised, Scenario& scenario) {
  if (scenario.left.empty()) return;
  const std::string left = in_words(scenario.left);
  if (promised == kLive) {
    scenario.broken.push_back("it says that it went live, and the world is not the new one: " +
                              left);
  } else if (promised == kBack) {
    scenario.broken.push_back("it says that everything was undone, and this is left: " + left);
  } else if (promised == kNothing) {
    scenario.broken.push_back("it says that nothing was changed, and something was: " + left);
  } else if (scenario.by_hand.empty()) {
    scenario.broken.push_back("nobody is told what is left: " + left);
  }
}

void check_twice(const Facts& facts, Scenario& scenario) {
  for (const auto& [key, times] : facts.acted) {
    if (times > 1 && !facts.in_doubt.contains(key)) {
      scenario.broken.push_back(fmt::format("{} was done {} times", key, times));
    }
  }
}

}  // namespace

void judge(const Facts& facts, const Reference& reference, Scenario& scenario) {
  const char* promised = promise(facts);
  scenario.status = facts.status;
  scenario.then = facts.then;
  scenario.by_hand = promised == kIncomplete ? by_hand(facts.state) : std::vector<std::string>();
  scenario.left = against_promise(facts, reference, promised == kLive);
  check_world(promised, scenario);
  check_twice(facts, scenario);
  for (const std::string& place : facts.leaks) {
    scenario.broken.push_back("a secret's value was written: " + place);
  }
  if (facts.state.ended && *facts.state.ended != facts.status) {
    scenario.broken.push_back(
        fmt::format("it ended with {}, and the journal says {}", facts.status, *facts.state.ended));
  }
  if (!facts.lock_is_free) scenario.broken.emplace_back("the lock is still held");
  const bool somebody_is_told = promised == kIncomplete && !scenario.by_hand.empty();
  if (promised != kLive && !somebody_is_told) {
    for (const std::string& process : facts.processes) {
      scenario.broken.push_back("a process is left: " + process);
    }
  }
  scenario.outcome = scenario.broken.empty() ? promised : "broken";
}

}  // namespace stagerun::rehearsal
