// stagerun runs, stagerun show [RUN]: history, read from the journals alone.
#include "core/base/json.h"
#include "core/cli/commands.h"
#include "core/cli/open_run.h"
#include "core/cli/print.h"
#include "core/journal/reader.h"
#include "core/journal/run_store.h"
#include "core/report/run_report.h"

namespace stagerun {

int runs_command(const Arguments& arguments) {
  const journal::RunStore store(arguments.state_folder());
  std::vector<RunState> states;
  int status = exit_succeeded;
  for (const std::string& run : store.runs()) {
    const auto contents = journal::read_journal(store.journal_file(run));
    if (contents) {
      states.push_back(fold(contents->events));
      states.back().started.run = run;
    } else {
      status = print_error(Error(contents.error()).within(run));
    }
  }
  print_result(arguments.format == "json" ? render_json_pretty(runs_value(states)) + "\n"
                                          : runs_text(states));
  return status;
}

int show_command(const Arguments& arguments) {
  const auto history = read_run(arguments);
  if (!history) return print_error(history.error());
  const RunState& state = history->state;
  print_result(arguments.format == "json" ? render_json_pretty(show_value(state)) + "\n"
                                          : show_text(state));
  return exit_succeeded;
}

}  // namespace stagerun
