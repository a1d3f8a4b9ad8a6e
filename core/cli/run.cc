// stagerun run PIPELINE: TOML to Pipeline to Plan, a look at the world, then the journal and the
// run.
#include <iostream>
#include <optional>
#include <unistd.h>

#include <fmt/format.h>

#include "core/base/linux.h"
#include "core/cli/commands.h"
#include "core/cli/engine.h"
#include "core/cli/preview.h"
#include "core/cli/print.h"
#include "core/cli/rehearsed.h"
#include "core/journal/reader.h"
#include "core/report/plan_report.h"

namespace stagerun {
namespace {

// Asks only a person: in CI there is nobody to answer.
bool may_start(const Arguments& arguments, const Plan& plan, const Look& look) {
  if (arguments.yes || ::isatty(STDIN_FILENO) == 0) return true;
  print_note(plan_text(plan, forecasts(look)) + "\nrun this? [y/N] ");
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "yes";
}

// An earlier run here that was killed: its orphans must not act beside us, and its writes stand.
Status check_earlier_run(const journal::RunStore& store) {
  const auto runs = store.runs();
  if (runs.empty()) return {};
  const std::string& last = runs.back();
  if (journal::ends_with_run_end(store.journal_file(last))) return {};
  const auto contents = journal::read_journal(store.journal_file(last));
  if (!contents || contents->events.empty() || fold(contents->events).ended) return {};
  if (!holders_of(store.children_lock(last)).empty()) {
    return Error{
        ErrorCode::busy, fmt::format("processes of the unfinished run {} still work", last),
        fmt::format("`stagerun resume {}` or `stagerun rollback {}` takes it over", last, last)};
  }
  print_note(
      fmt::format("note: run {} is unfinished; `stagerun rollback {}` undoes it\n", last, last));
  return {};
}

// Looks first, and asks: the exit status where the run is not to be.
std::optional<int> refuse_start(Host& host, const Loaded& loaded) {
  const Look look = preview(host, loaded, true);
  if (!look.is_good()) return print_look(look, loaded.source);
  if (may_start(host.arguments, loaded.plan, look)) return std::nullopt;
  print_note("not started\n");
  return exit_succeeded;
}

// Where things stand in the file is for diagnostics, and the last of them has been given: of
// thousands of stages that is megabytes, which what is known of the run can take.
void forget_places(Plan& plan) {
  for (PlannedStage& stage : plan.stages) {
    stage.spec.needs_spans.clear();
    stage.spec.secrets_spans.clear();
    stage.spec.with_spans.clear();
    stage.spec.with_key_spans.clear();
  }
}

}  // namespace

int run_command(const Arguments& arguments) {
  Host host(arguments);
  auto loading = load_pipeline(host);
  if (const int* status = std::get_if<int>(&loading)) return *status;
  auto& loaded = std::get<Loaded>(loading);

  if (arguments.require_rehearsal) {
    const Status rehearsed = require_rehearsal(loaded, arguments);
    if (!rehearsed) return print_error(rehearsed.error());
  }
  journal::RunStore store(loaded.state);
  const auto lock = store.lock();
  if (!lock) return print_error(lock.error());
  const Status earlier = check_earlier_run(store);
  if (!earlier) return print_error(earlier.error());
  const int opening = check_start(host, loaded);
  if (opening != exit_succeeded) return opening;

  if (const auto status = refuse_start(host, loaded)) return *status;
  forget_places(loaded.plan);

  const auto engine = Engine::begin(host, store, *lock, loaded);
  if (!engine) return print_error(engine.error());
  return (*engine)->go_on(loaded.plan, loaded.workspace);
}

}  // namespace stagerun
