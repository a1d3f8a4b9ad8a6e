// stagerun validate PIPELINE
#include <fmt/format.h>

#include "core/cli/commands.h"
#include "core/cli/preview.h"
#include "core/cli/print.h"

namespace stagerun {

int validate_command(const Arguments& arguments) {
  Host host(arguments);
  const auto loaded = load_pipeline(host);
  if (const int* status = std::get_if<int>(&loaded)) return *status;
  const auto& [source, workspace, state, plan, secrets] = std::get<Loaded>(loaded);
  const Look look = preview(host, std::get<Loaded>(loaded), false);
  const bool json = arguments.format == "json";
  if (json) print_diagnostics(look.diagnostics, source, json);
  const int status = print_look(look, source);
  if (status == exit_succeeded && !json) {
    print_result(fmt::format("{} is good: {} stages\n", source.path, plan.stages.size()));
  }
  return status;
}

}  // namespace stagerun
