// stagerun rollback [RUN]: undoes a run, whether it failed, was killed, or succeeded hours ago.
#include <algorithm>

#include <fmt/format.h>

#include "core/cli/commands.h"
#include "core/cli/engine.h"
#include "core/cli/open_run.h"
#include "core/cli/print.h"

namespace stagerun {
namespace {

bool is_undone(const StageState& stage) {
  return !stage.has_write_intent() ||
         (stage.rolled_back && stage.rolled_back->result == UndoResult::undone);
}

// A run that never began has no events, and so no stages.
bool has_nothing_to_undo(const RunState& state) {
  const bool is_over = state.ended || state.started.run.empty();
  return is_over && std::all_of(state.stages.begin(), state.stages.end(),
                                [](const auto& stage) { return is_undone(stage.second); });
}

}  // namespace

int rollback_command(const Arguments& arguments) {
  Host host(arguments);
  auto opened = open_run(arguments);
  if (!opened) return print_error(opened.error());
  auto& [store, lock, run, before] = *opened;

  if (has_nothing_to_undo(before)) {
    print_note(fmt::format("run {} left nothing to undo\n", run));
    return exit_succeeded;
  }
  for (const std::string& named : {arguments.to, arguments.only}) {
    if (named.empty() || before.stages.contains(named)) continue;
    return print_error({ErrorCode::usage, fmt::format("run {} has no stage `{}`", run, named),
                        fmt::format("`stagerun show {}` lists what it began", run)});
  }
  const auto loading = load_from_run(host, before.started);
  if (const int* status = std::get_if<int>(&loading)) return *status;
  const auto& loaded = std::get<Loaded>(loading);

  const int opening = open_secrets(host, loaded);
  if (opening != exit_succeeded) return opening;

  const auto engine = Engine::take_over(host, store, lock, run, loaded, "rollback");
  if (!engine) return print_error(engine.error());
  const Status begun = (*engine)->roll_back();
  if (!begun) return print_error(begun.error());
  return (*engine)->go_on(loaded.plan, loaded.workspace);
}

}  // namespace stagerun
