#include "core/report/report_junit.h"

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/report/short_text.h"
#include "core/report/standing.h"
#include "core/report/xml.h"

namespace stagerun {
namespace {

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
};

std::string seconds(std::int64_t duration_ms) {
  return fmt::format("{}.{:03}", duration_ms / 1'000, duration_ms % 1'000);
}

class Junit {
 public:
  explicit Junit(const RunHistory& history) : history_(history) {}

  std::string write() {
    for (const StageHistory& stage : history_.stages) add_stage(stage, history_.state_of(stage));
    add_run();
    const RunState& state = history_.state;
    const std::int64_t end_ms = history_.ended_at_ms != 0 ? history_.ended_at_ms : state.last_at_ms;
    const std::string counts = fmt::format(
        R"(tests="{}" failures="{}" errors="{}" skipped="{}" time="{}")", counts_.tests,
        counts_.failures, counts_.errors, counts_.skipped, seconds(end_ms - state.started_at_ms));
    std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    out += fmt::format("<testsuites name=\"{}\" {}>\n", suite(), counts);
    std::string when = utc_time(state.started_at_ms);
    when.pop_back();  // the schema wants no zone; it is UTC
    out += fmt::format("  <testsuite name=\"{}\" {} timestamp=\"{}\">\n", suite(), counts, when);
    out += "    <properties>\n" + property("run", state.started.run) +
           property("standing", standing(state)) +
           property("pipeline", state.started.pipeline_path) + "    </properties>\n";
    return out + cases_ + "  </testsuite>\n</testsuites>\n";
  }

 private:
  // GitLab shows a suite under what its cases call their class.
  std::string suite() const {
    const std::string& name = history_.pipeline_name;
    return to_xml(short_text(name.empty() ? "stagerun" : name, limits::kNameBytes));
  }

  std::string property(const char* name, const std::string& value) const {
    return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml_of(value));
  }

  void add_case(const std::string& name, std::int64_t took_ms, const std::string& body) {
    ++counts_.tests;
    cases_ += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"", suite(),
                          to_xml(name), seconds(took_ms));
    cases_ += body.empty() ? "/>\n" : ">\n" + body + "    </testcase>\n";
  }

  std::string element(const char* tag, std::string_view type, const std::string& message,
                      const std::string& text) const {
    return fmt::format("      <{0} type=\"{1}\" message=\"{2}\">{3}</{0}>\n", tag, type,
                       xml_of(message), xml_of(text));
  }

  // Where the file would become too large, what happened in each attempt is left out.
  bool is_full() const { return cases_.size() > limits::kJunitBytes / 2; }

  std::string xml_of(const std::string& text) const {
    return to_xml(short_text(text, is_full() ? limits::kNameBytes : limits::kJunitTextBytes));
  }

  std::string attempts_text(const StageHistory& stage) const {
    std::string out;
    if (is_full()) return out;
    for (const AttemptHistory& attempt : stage.attempts) {
      out += fmt::format("{} {}: {}", to_string(attempt.verb), attempt.number,
                         attempt.ended ? to_string(attempt.ended->status) : "interrupted");
      const std::string why = attempt.ended ? attempt.ended->failure.text : "";
      out += (why.empty() ? "" : ": " + why) + "\n";
    }
    return out;
  }

  std::string failure_of(const StageHistory& stage, const StageSettled& settled) {
    ++counts_.failures;
    std::string text = settled.reason;
    const auto& attempts = stage.attempts;
    for (auto attempt = attempts.rbegin(); attempt != attempts.rend(); ++attempt) {
      if (attempt->verb == Verb::rollback || !attempt->ended) continue;
      const Failure& failure = attempt->ended->failure;
      if (!failure.hint.empty()) text += "\n" + failure.hint;
      if (!failure.code.empty()) text += "\ncode " + failure.code;
      break;
    }
    return element("failure", to_string(settled.result), settled.reason, is_full() ? "" : text);
  }

  std::string error_of(const StageRolledBack& back) {
    ++counts_.errors;
    return element("error", fmt::format("rollback.{}", to_string(back.result)),
                   "going back: " + back.reason, "");
  }

  std::string skipped_of(const std::string& why) {
    ++counts_.skipped;
    return fmt::format("      <skipped message=\"{}\"/>\n", xml_of(why));
  }

  // What speaks against the stage; empty where what it did stands and ought to.
  std::string verdict_of(const StageHistory& stage, const StageState& state) {
    std::string body;
    if (state.settled && !is_success(state.settled->result)) {
      body += failure_of(stage, *state.settled);
    }
    const auto& back = state.rolled_back;
    const bool is_bad =
        back && (back->result == UndoResult::failed || back->result == UndoResult::conflict);
    if (is_bad) body += error_of(*back);
    if (!body.empty()) return body;
    if (back && back->result == UndoResult::undone) return skipped_of("it was undone");
    if (state.settled && state.settled->result == StageResult::skipped) {
      return skipped_of(state.settled->reason);
    }
    return state.settled ? "" : skipped_of(stage_standing(state));
  }

  void add_stage(const StageHistory& stage, const StageState& state) {
    std::string body = verdict_of(stage, state);
    const std::string attempts = attempts_text(stage);
    if (!attempts.empty()) body += "      <system-out>" + xml_of(attempts) + "</system-out>\n";
    const bool took_time = stage.settled_at_ms != 0 && !stage.attempts.empty();
    add_case(stage.name, took_time ? stage.settled_at_ms - stage.started_at_ms() : 0, body);
  }

  void add_run() {
    const RunState& state = history_.state;
    if (state.ended == int{exit_succeeded} && !state.rollback) return;
    ++counts_.failures;
    std::string text = standing_words(state);
    for (const Remainder& rest : remainders(history_)) {
      text += fmt::format("\nstill stands: {}: {}", rest.stage->name, rest.why);
      if (!rest.to_do.empty()) text += fmt::format("\n  to do: {}", rest.to_do);
    }
    const std::string next = next_command(state);
    if (!next.empty()) text += "\n" + next;
    add_case("(run)", 0, element("failure", "run", standing_words(state), text));
  }

  const RunHistory& history_;
  Counts counts_;
  std::string cases_;
};

}  // namespace

std::string report_junit(const RunHistory& history) { return Junit(history).write(); }

}  // namespace stagerun
