#include "core/report/timeline.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/report/standing.h"

namespace stagerun {
namespace {

// "ok, apply attempted 3 times"
std::string forward_text(const StageHistory& stage, const StageState& state) {
  std::string text = state.settled                ? std::string(to_string(state.settled->result))
                     : stage.attempts.empty()     ? "began"
                     : state.started(Verb::apply) ? "was applied, and did not end"
                                                  : "began, and did not end";
  if (state.settled && state.settled->result == StageResult::skipped) {
    text += ": " + state.settled->reason;
  }
  for (const Verb verb : {Verb::validate, Verb::plan, Verb::apply, Verb::verify}) {
    const std::size_t count = stage.attempts_of(verb);
    if (count > 1) text += fmt::format(", {} attempts of {}", count, to_string(verb));
  }
  return text;
}

Moment forward(const StageHistory& stage, const StageState& state) {
  const std::int64_t began = stage.started_at_ms();
  const bool took_time = state.settled && !stage.attempts.empty();
  return {began, took_time ? stage.settled_at_ms - began : -1, stage.name,
          forward_text(stage, state)};
}

Moment back(const StageHistory& stage, const StageState& state) {
  const std::int64_t began = stage.undo_started_at_ms();
  const bool is_over = stage.rolled_back_at_ms != 0;
  std::string text = state.rolled_back
                         ? fmt::format("going back: {}", to_string(state.rolled_back->result))
                         : "going back";
  const std::size_t count = stage.attempts_of(Verb::rollback);
  if (count > 1) text += fmt::format(", {} attempts", count);
  return {began, is_over && count > 0 ? stage.rolled_back_at_ms - began : -1, stage.name, text};
}

void add_stages(const RunHistory& history, std::vector<Moment>& moments) {
  std::size_t not_chosen = 0;
  std::int64_t first_ms = 0;
  for (const StageHistory& stage : history.stages) {
    const StageState& state = history.state_of(stage);
    if (state.was_not_chosen()) {
      if (not_chosen++ == 0) first_ms = stage.settled_at_ms;
      continue;
    }
    if (stage.started_at_ms() != 0) moments.push_back(forward(stage, state));
    if (stage.undo_started_at_ms() != 0) moments.push_back(back(stage, state));
  }
  if (not_chosen == 0) return;
  const char* words = not_chosen == 1 ? "1 stage was" : nullptr;
  moments.push_back({first_ms, -1, "",
                     (words != nullptr ? words : fmt::format("{} stages were", not_chosen)) +
                         std::string(" not chosen")});
}

}  // namespace

std::vector<Moment> timeline(const RunHistory& history) {
  std::vector<Moment> moments;
  for (std::size_t i = 1; i < history.hosts.size(); ++i) {
    const HostHistory& host = history.hosts[i];
    moments.push_back(
        {host.at_ms, -1, "", fmt::format("taken up again by `stagerun {}`", host.command)});
  }
  if (history.cancelled_at_ms != 0) {
    moments.push_back({history.cancelled_at_ms, -1, "", "cancelled"});
  }
  if (history.rollback_at_ms != 0) {
    const std::string reason =
        history.state.rollback ? history.state.rollback->reason : std::string();
    moments.push_back({history.rollback_at_ms, -1, "", "going back: " + reason});
  }
  add_stages(history, moments);
  std::stable_sort(moments.begin(), moments.end(),
                   [](const Moment& a, const Moment& b) { return a.at_ms < b.at_ms; });
  if (history.ended_at_ms != 0) {
    moments.push_back({history.ended_at_ms, -1, "", standing_words(history.state)});
  }
  return moments;
}

std::string timeline_text(const RunHistory& history) {
  std::string out;
  for (const Moment& moment : timeline(history)) {
    const std::string when = "+" + describe_duration(std::max<std::int64_t>(
                                       moment.at_ms - history.state.started_at_ms, 0));
    const std::string took =
        moment.took_ms >= 0 ? " in " + describe_duration(moment.took_ms) : std::string();
    out += fmt::format("  {:<14} {}{}{}{}\n", when, moment.stage, moment.stage.empty() ? "" : " ",
                       printable(moment.text), took);
  }
  return out;
}

}  // namespace stagerun
