#include "core/report/report_text.h"

#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/report/short_text.h"
#include "core/report/standing.h"
#include "core/report/timeline.h"

namespace stagerun {
namespace {

// One line of a terminal; what a tool printed may be longer than anybody reads.
std::string line_of(const std::string& text) {
  return printable(short_text(text, limits::kReportLineBytes));
}

// The name in front of the first line, blanks in front of the others.
std::string lines_of(const std::string& name, const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) {
    out += fmt::format("  {:<20} {}\n", out.empty() ? name : "", line_of(line));
  }
  return out;
}

std::string section(const char* title, const std::string& body) {
  return body.empty() ? "" : fmt::format("\n{}\n{}", title, body);
}

std::string head(const RunHistory& history) {
  const RunState& state = history.state;
  const RunStarted& started = state.started;
  const std::string& pipeline = history.pipeline_name;
  std::string out = fmt::format("{}{}{}\n", pipeline.empty() ? "" : printable(pipeline) + ": ",
                                standing_words(state),
                                state.ended ? fmt::format(" (status {})", *state.ended) : "");
  out += fmt::format("  {:<12}{}\n", "run", started.run);
  if (state.started_at_ms == 0) return out;
  out += fmt::format("  {:<12}{}\n", "pipeline", line_of(started.pipeline_path));
  const std::string environment = started.surroundings.text_or("environment");
  if (!environment.empty()) out += fmt::format("  {:<12}{}\n", "environment", line_of(environment));
  const std::int64_t end = history.ended_at_ms != 0 ? history.ended_at_ms : state.last_at_ms;
  out += fmt::format("  {:<12}{} to {}, {}\n", "when", utc_time(state.started_at_ms), utc_time(end),
                     describe_duration(end - state.started_at_ms));
  for (const HostHistory& host : history.hosts) {
    out +=
        fmt::format("  {:<12}{}, `stagerun {}` at {}\n", "who",
                    host.by.empty() ? "?" : line_of(host.by), host.command, utc_time(host.at_ms));
  }
  if (!started.from.empty()) out += fmt::format("  {:<12}--from {}\n", "chosen", started.from);
  if (!started.only.empty()) {
    out += fmt::format("  {:<12}--only {}\n", "chosen", fmt::join(started.only, " --only "));
  }
  for (const auto& [name, value] :
       started.inputs.members() != nullptr ? *started.inputs.members() : Value::Object{}) {
    out += fmt::format("  {:<12}{} = {}\n", "input", name, line_of(render_json(value)));
  }
  return out;
}

std::string failure_text(const FirstFailure& failure) {
  std::string how = std::string(to_string(failure.result));
  if (failure.verb) {
    how += fmt::format(" in {}", to_string(failure.verb->verb));
    if (failure.verb->attempt > 1) how += fmt::format(", attempt {}", failure.verb->attempt);
  }
  std::vector<std::string> lines = {how + ": " + failure.reason};
  if (!failure.verb) return lines_of(failure.stage, lines);
  std::string_view hint = failure.verb->failure.hint;
  while (!hint.empty()) {
    const std::size_t end = std::min(hint.find('\n'), hint.size());
    lines.push_back("  " + std::string(hint.substr(0, end)));
    hint.remove_prefix(std::min(end + 1, hint.size()));
  }
  if (!failure.verb->failure.code.empty()) lines.push_back("code " + failure.verb->failure.code);
  return lines_of(failure.stage, lines);
}

// The first thing that went wrong comes first, whatever went wrong after it.
std::string why(const RunHistory& history) {
  const RunState& state = history.state;
  std::string out;
  if (history.failure) out += failure_text(*history.failure);
  for (const StageHistory& stage : history.stages) {
    const auto& settled = history.state_of(stage).settled;
    const bool is_first = history.failure && history.failure->stage == stage.name;
    if (!settled || is_success(settled->result) || is_first) continue;
    out += lines_of(stage.name,
                    {fmt::format("then {}: {}", to_string(settled->result), settled->reason)});
  }
  if (state.cancelled_by) {
    out += fmt::format("  cancelled by signal {}{}\n", *state.cancelled_by,
                       *state.cancelled_by == SIGINT    ? " (SIGINT)"
                       : *state.cancelled_by == SIGTERM ? " (SIGTERM)"
                                                        : "");
  }
  if (state.rollback && state.rollback->manual) {
    out += fmt::format("  going back was {}", line_of(state.rollback->reason));
    if (!state.rollback->to.empty()) out += fmt::format(", to {}", state.rollback->to);
    if (!state.rollback->only.empty()) out += fmt::format(", only {}", state.rollback->only);
    out += "\n";
  }
  return out;
}

std::vector<std::string> effect_lines(const std::vector<const EffectHistory*>& effects) {
  std::vector<std::string> lines;
  for (const EffectHistory* effect : effects) {
    if (lines.size() == limits::kReportEffects) {
      lines.push_back(fmt::format("and {} more", effects.size() - lines.size()));
      break;
    }
    lines.push_back(
        fmt::format("{} ({}): {}", effect->purpose, effect->kind, effect->outcome_text()));
  }
  return lines;
}

bool is_undone(const StageState& stage) {
  return stage.rolled_back && stage.rolled_back->result == UndoResult::undone;
}

std::string changed(const RunHistory& history) {
  std::string out;
  for (const StageHistory& stage : history.stages) {
    const auto effects = stage.changes();
    if (!effects.empty()) out += lines_of(stage.name, effect_lines(effects));
  }
  return out;
}

std::string undone(const RunHistory& history) {
  std::string out;
  for (auto stage = history.stages.rbegin(); stage != history.stages.rend(); ++stage) {
    if (!is_undone(history.state_of(*stage))) continue;
    const std::int64_t took = stage->rolled_back_at_ms - stage->undo_started_at_ms();
    out += lines_of(stage->name, {"undone in " + describe_duration(took)});
  }
  return out;
}

std::string stands(const std::vector<Remainder>& rest) {
  std::string out;
  for (const Remainder& each : rest) {
    std::vector<std::string> lines = {each.why};
    for (const std::string& line : effect_lines(each.stage->changes()))
      lines.push_back("  " + line);
    out += lines_of(each.stage->name, lines);
  }
  return out;
}

std::string to_do(const RunHistory& history, const std::vector<Remainder>& rest) {
  std::string out;
  for (const Remainder& each : rest) {
    if (!each.to_do.empty()) out += lines_of(each.stage->name, {each.to_do});
  }
  const std::string next = next_command(history.state);
  return next.empty() ? out : out + "  " + next + "\n";
}

// What verify asked the world, and what it heard: why a stage counts as done, or does not.
std::string evidence(const RunHistory& history) {
  std::string out;
  for (const StageHistory& stage : history.stages) {
    const auto last =
        std::find_if(stage.attempts.rbegin(), stage.attempts.rend(),
                     [](const AttemptHistory& each) { return each.verb == Verb::verify; });
    if (last == stage.attempts.rend() || !last->ended) continue;
    if (last->ended->status == VerbStatus::absent) continue;
    std::string verdict = std::string(to_string(last->ended->status));
    if (!last->ended->failure.text.empty()) verdict += ": " + last->ended->failure.text;
    std::vector<std::string> lines = {verdict};
    if (!last->effects.empty()) {
      const EffectHistory& effect = last->effects.back();
      lines.push_back(fmt::format("  {}: {}", effect.purpose, effect.outcome_text()));
    }
    out += lines_of(stage.name, lines);
  }
  return out;
}

std::string outputs(const RunHistory& history) {
  std::string out;
  for (const StageHistory& stage : history.stages) {
    const Value& values = history.state_of(stage).outputs;
    std::vector<std::string> lines;
    for (const auto& [name, value] :
         values.members() != nullptr ? *values.members() : Value::Object{}) {
      lines.push_back(fmt::format("{} = {}", name, render_json(value)));
    }
    out += lines_of(stage.name, lines);
  }
  return out;
}

std::string never_began(const RunHistory& history) {
  std::vector<std::string> names;
  std::size_t count = 0;
  for (const StageHistory& stage : history.stages) {
    if (stage.started_at_ms() != 0) continue;
    if (++count <= limits::kReportEffects) names.push_back(stage.name);
  }
  if (count > names.size()) names.push_back(fmt::format("and {} more", count - names.size()));
  return names.empty() ? "" : fmt::format("  {}\n", fmt::join(names, ", "));
}

std::string listed(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += "  " + line_of(line) + "\n";
  return out;
}

}  // namespace

std::string report_text(const RunHistory& history) {
  const auto rest = remainders(history);
  return head(history) + section("why", why(history)) + section("changed", changed(history)) +
         section("undone", undone(history)) + section("still stands", stands(rest)) +
         section("to do", to_do(history, rest)) + section("noticed", listed(noticed(history))) +
         section("verified", evidence(history)) + section("outputs", outputs(history)) +
         section("timeline", timeline_text(history)) + section("never began", never_began(history));
}

}  // namespace stagerun
