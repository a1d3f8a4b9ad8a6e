// stagerun resume [RUN]: goes on where the journal says that the run stands.
#include <fmt/format.h>

#include "core/cli/commands.h"
#include "core/cli/engine.h"
#include "core/cli/open_run.h"
#include "core/cli/print.h"
#include "core/report/exit_words.h"

namespace stagerun {
namespace {

bool is_over(const RunState& state) {
  return state.ended && *state.ended != exit_in_doubt && *state.ended != exit_person_needed;
}

}  // namespace

int resume_command(const Arguments& arguments) {
  Host host(arguments);
  auto opened = open_run(arguments);
  if (!opened) return print_error(opened.error());
  auto& [store, lock, run, before] = *opened;

  if (before.started.run.empty()) {
    print_note(fmt::format("run {} was killed before it began; run the pipeline again\n", run));
    return exit_nothing_changed;
  }
  if (is_over(before)) {
    print_note(fmt::format("run {} is over: {}\n", run, exit_words(*before.ended)));
    return *before.ended;
  }
  const auto loading = load_from_run(host, before.started);
  if (const int* status = std::get_if<int>(&loading)) return *status;
  const auto& loaded = std::get<Loaded>(loading);

  const int opening = open_secrets(host, loaded);
  if (opening != exit_succeeded) return opening;

  const auto engine = Engine::take_over(host, store, lock, run, loaded, "resume");
  if (!engine) return print_error(engine.error());
  return (*engine)->go_on(loaded.plan, loaded.workspace);
}

}  // namespace stagerun
