#include "core/report/matrix_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/report/matrix.h"
#include "core/report/short_text.h"

namespace stagerun {
namespace {

// Of a stage's name in a table; with all else, a line has a hundred columns. A longer name moves
// the rest of its line.
constexpr std::size_t kNameColumns = 28;

// One line of a terminal, whatever a tool or a server said.
std::string line_of(std::string_view text) {
  return printable(short_text(text, limits::kReportLineBytes));
}

// Of a column of names that has `title`.
template <typename Items, typename NameOf>
std::size_t width_of(std::string_view title, const Items& items, const NameOf& name_of) {
  std::size_t width = title.size();
  for (const auto& item : items) width = std::max(width, name_of(item).size());
  return std::min(width, kNameColumns);
}

std::string head(const Rehearsal& rehearsal) {
  return fmt::format("{}: rehearsed\n  {:<12}{}\n  {:<12}{}\n", line_of(rehearsal.pipeline),
                     "digest", line_of(rehearsal.pipeline_digest), "seed", rehearsal.seed);
}

std::string changes(const Rehearsal& rehearsal) {
  std::string out = "\nthe world after going live\n";
  if (rehearsal.changes.empty()) out += "  nothing changed\n";
  for (const Difference& change : rehearsal.changes) {
    const std::string by = change.stage.empty() ? "" : fmt::format(", by {}", change.stage);
    out += fmt::format("  {:<10}{}{}\n", line_of(change.how), line_of(change.what), line_of(by));
  }
  return out;
}

std::string estimates(const Rehearsal& rehearsal) {
  const std::size_t width =
      width_of("stage", rehearsal.estimates,
               [](const StageEstimate& estimate) -> const std::string& { return estimate.stage; });
  std::string out = fmt::format("\nhow long it takes\n  {:<{}}  {:>14}  {:>14}\n", "stage", width,
                                "forward", "back");
  for (const StageEstimate& estimate : rehearsal.estimates) {
    out +=
        fmt::format("  {:<{}}  {:>14}  {:>14}\n", line_of(estimate.stage), width,
                    describe_duration(estimate.apply_ms), describe_duration(estimate.rollback_ms));
  }
  out += fmt::format("  rollback: {}\n", describe_duration(rollback_ms(rehearsal)));
  const std::string& no_return = rehearsal.no_return;
  return out + (no_return.empty() ? "  every stage that writes can go back\n"
                                  : fmt::format("  point of no return: {}\n", line_of(no_return)));
}

std::string unrehearsed(const Rehearsal& rehearsal) {
  if (rehearsal.unrehearsed.empty()) return "";
  std::string out = "\nUNREHEARSED: nobody knows yet what these do\n";
  for (const std::string& each : rehearsal.unrehearsed) out += "  ! " + line_of(each) + "\n";
  return out;
}

// All scenarios of one set that go wrong in one stage.
struct Row {
  std::string set;
  std::string stage;
  std::vector<const Scenario*> scenarios;
};

// In the order in which they come first.
std::vector<Row> rows_of(const Rehearsal& rehearsal) {
  std::vector<Row> rows;
  for (const Scenario& scenario : rehearsal.scenarios) {
    auto row = std::find_if(rows.begin(), rows.end(), [&scenario](const Row& each) {
      return each.set == scenario.set && each.stage == scenario.stage;
    });
    if (row == rows.end()) row = rows.insert(row, {scenario.set, scenario.stage, {}});
    row->scenarios.push_back(&scenario);
  }
  return rows;
}

std::string labelled(const char* label, const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    out += fmt::format("        {:<9}{}\n", label, line_of(text));
  }
  return out;
}

// Where it happened, what was run after it, and how that ended.
std::string circumstances(const Scenario& scenario) {
  std::string out = scenario.effect;
  if (!scenario.then.empty()) out += (out.empty() ? "then " : ", then ") + scenario.then;
  return out + fmt::format("{}status {}", out.empty() ? "" : ", ", scenario.status);
}

std::string details(const Scenario& scenario, const std::string& command) {
  std::vector<std::string> left;
  for (const Difference& each : scenario.left) left.push_back(difference_words(each));
  return fmt::format("    {} {}\n", outcome_of(scenario), printable(scenario.fault)) +
         labelled("at", {circumstances(scenario)}) + labelled("broken", scenario.broken) +
         labelled("left", left) + labelled("by hand", scenario.by_hand) +
         labelled("said", scenario.said) +
         fmt::format("        {:<9}{}\n", "replay",
                     printable(replay_command(scenario, command)));  // never cut
}

bool needs_a_look(const Scenario& scenario) {
  const std::string_view outcome = outcome_of(scenario);
  return outcome == "incomplete" || outcome == "broken";
}

std::string row_text(const Row& row, std::size_t width, const std::string& command) {
  OutcomeCounts counts;
  for (const Scenario* scenario : row.scenarios) counts.add(*scenario);
  std::string out = fmt::format("  {:<7}  {:<{}}", line_of(row.set),
                                row.stage.empty() ? "-" : line_of(row.stage), width);
  for (const std::string_view outcome : kOutcomes) {
    out += fmt::format("  {:>{}}", counts.of(outcome), outcome.size());
  }
  out += "\n";
  for (const Scenario* scenario : row.scenarios) {
    if (needs_a_look(*scenario)) out += details(*scenario, command);
  }
  return out;
}

std::string matrix(const Rehearsal& rehearsal, const std::string& command) {
  const std::vector<Row> rows = rows_of(rehearsal);
  if (rows.empty()) return "";
  const std::size_t width =
      width_of("stage", rows, [](const Row& row) -> const std::string& { return row.stage; });
  std::string out = fmt::format("\nwhat becomes of each fault\n  {:<7}  {:<{}}  {}\n", "set",
                                "stage", width, fmt::join(kOutcomes, "  "));
  for (const Row& row : rows) out += row_text(row, width, command);
  return out;
}

std::string sum(const Rehearsal& rehearsal) {
  const OutcomeCounts counts = count_outcomes(rehearsal);
  const std::size_t total = rehearsal.scenarios.size();
  std::string out = fmt::format("\n{} scenario{}:", total, total == 1 ? "" : "s");
  for (const std::string_view outcome : kOutcomes) {
    const char* before = outcome == kOutcomes.front() ? " " : ", ";
    out += fmt::format("{}{} {}", before, counts.of(outcome), outcome);
  }
  return out + "\n";
}

}  // namespace

std::string matrix_text(const Rehearsal& rehearsal, const std::string& pipeline_path) {
  return head(rehearsal) + changes(rehearsal) + estimates(rehearsal) + unrehearsed(rehearsal) +
         matrix(rehearsal, rehearse_command(rehearsal, pipeline_path)) + sum(rehearsal);
}

}  // namespace stagerun
