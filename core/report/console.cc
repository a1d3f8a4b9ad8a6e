#include "core/report/console.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/model/run_state.h"
#include "core/report/exit_words.h"

namespace stagerun {
namespace {

// What even a quiet run says.
bool is_bad_news(const RunEvent& event) {
  if (const auto* stage = std::get_if<StageSettled>(&event.body)) return !is_success(stage->result);
  if (const auto* back = std::get_if<StageRolledBack>(&event.body)) {
    return back->result != UndoResult::undone && back->result != UndoResult::nothing;
  }
  const auto* ended = std::get_if<RunEnded>(&event.body);
  return ended != nullptr && ended->status != exit_succeeded;
}

}  // namespace

void Console::print(const std::string& line) {
  const std::string text = line + "\n";
  std::fwrite(text.data(), 1, text.size(), out_);
}

// What to do next, under what went wrong; a tool's own words may take several lines.
void Console::print_hint(const std::string& stage) {
  std::string_view hint = stages_[stage].hint;
  while (!hint.empty()) {
    const std::size_t end = std::min(hint.find('\n'), hint.size());
    print(fmt::format("[{}]   {}", stage, printable(hint.substr(0, end))));
    hint.remove_prefix(std::min(end + 1, hint.size()));
  }
  stages_[stage].hint.clear();
}

void Console::on_event(const RunEvent& event) {
  if (const auto* verb = std::get_if<VerbEnded>(&event.body)) {
    stages_[verb->stage].hint = verb->failure.hint;
  }
  if (verbosity_ != Verbosity::quiet || is_bad_news(event)) tell(event);
}

void Console::tell(const RunEvent& event) {
  const auto of = [](const std::string& stage) { return fmt::format("[{}]", stage); };
  std::visit(
      Overloaded{
          [&](const RunStarted& e) { print(fmt::format("run {}", e.run)); },
          [&](const RunResumed& e) { print(fmt::format("taken up again by `{}`", e.command)); },
          [&](const VerbStarted& e) {
            StageView& view = stages_[e.stage];
            if (view.started_at_ms == 0) view.started_at_ms = event.at_ms;
            if (e.verb == Verb::apply) {
              print(fmt::format("{} applying{}", of(e.stage),
                                e.attempt > 1 ? fmt::format(", attempt {}", e.attempt) : ""));
            } else if (e.verb == Verb::rollback) {
              print(fmt::format("{} rolling back", of(e.stage)));
            } else if (verbosity_ == Verbosity::verbose) {
              print(fmt::format("{} {}", of(e.stage), to_string(e.verb)));
            }
          },
          [](const VerbEnded&) {},
          [&](const EffectIntended& e) {
            if (verbosity_ != Verbosity::verbose) return;
            print(fmt::format("{} {} {}: {}", of(e.stage), to_string(e.access), e.kind, e.purpose));
          },
          [&](const StageSettled& e) {
            if (e.result == StageResult::skipped) {
              const bool is_news = e.reason != kNotChosen || verbosity_ == Verbosity::verbose;
              if (is_news) print(fmt::format("{} skipped: {}", of(e.stage), printable(e.reason)));
              return;
            }
            const std::int64_t took = event.at_ms - stages_[e.stage].started_at_ms;
            print(fmt::format("{} {}{}", of(e.stage), to_string(e.result),
                              is_success(e.result) ? " in " + describe_duration(took)
                                                   : ": " + printable(e.reason)));
            if (!is_success(e.result)) print_hint(e.stage);
          },
          [&](const RollbackStarted& e) {
            by_hand_ = e.manual;
            print(fmt::format("going back, newest first: {}", printable(e.reason)));
          },
          [&](const ClosingStarted&) { print("undoing what is always undone"); },
          [&](const StageRolledBack& e) {
            print(fmt::format("{} {}{}", of(e.stage), to_string(e.result),
                              e.reason.empty() ? "" : ": " + printable(e.reason)));
            if (e.result != UndoResult::undone) print_hint(e.stage);
          },
          [&](const CancelRequested& e) {
            print(fmt::format("cancelled by signal {}; once more to stop at once", e.signal));
          },
          [&](const RunEnded& e) {
            const bool undone = by_hand_ && e.status == exit_succeeded;
            print(fmt::format("ended with status {}: {}", e.status,
                              undone ? "everything was undone" : exit_words(e.status)));
          },
          [](const CheckpointSaved&) {},
          [](const NoteAdded&) {},
          [](const ProcessStarted&) {},
          [](const EffectSettled&) {},
      },
      event.body);
}

void Console::on_log(const LogLine& line) {
  const bool shown = line.level >= 2 || verbosity_ == Verbosity::verbose ||
                     (line.level == 1 && verbosity_ == Verbosity::normal);
  if (!shown) return;
  StageView& view = stages_[line.stage];
  if (++view.lines <= limits::kConsoleLines) {
    print(fmt::format("[{}] | {}", line.stage, printable(line.text)));
  } else if (!view.cut) {
    view.cut = true;
    print(fmt::format("[{}] | (more: in the run's log folder)", line.stage));
  }
}

}  // namespace stagerun
