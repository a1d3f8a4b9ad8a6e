#include "core/cli/open_run.h"

#include "core/journal/reader.h"

namespace stagerun {

Result<OpenRun> open_run(const Arguments& arguments) {
  journal::RunStore store(arguments.state_folder());
  TRY_ASSIGN(const std::string run, store.find(arguments.run));
  TRY_ASSIGN(Fd lock, store.lock());
  TRY_ASSIGN(const journal::Contents contents, journal::read_journal(store.journal_file(run)));
  return OpenRun{std::move(store), std::move(lock), run, fold(contents.events)};
}

Result<RunHistory> read_run(const Arguments& arguments) {
  const journal::RunStore store(arguments.state_folder());
  TRY_ASSIGN(const std::string run, store.find(arguments.run));
  const auto contents = journal::read_journal(store.journal_file(run));
  if (!contents) return Error(contents.error()).within(run);
  RunHistory history = fold_history(contents->events);
  history.state.started.run = run;
  return history;
}

}  // namespace stagerun
