// stagerun validate PIPELINE
#include <fmt/format.h>

#include "core/cli/commands.h"
#include "core/cli/preview.h"
#include "core/cli/print.h"

namespace stagerun {

int validate_command(const Arguments& arguments) {
  Host host(arguments);
  const auto loading = load_pipeline(host);
  if (const int* status = std::get_if<int>(&loading)) return *status;
  const auto& loaded = std::get<Loaded>(loading);
  const Look look = preview(host, loaded, false);
  const bool json = arguments.format == "json";
  if (json) print_diagnostics(look.diagnostics, loaded.source, json);
  const int status = print_look(look, loaded.source);
  if (status == exit_succeeded && !json) {
    print_result(
        fmt::format("{} is good: {} stages\n", loaded.source.path, loaded.plan.stages.size()));
  }
  return status;
}

}  // namespace stagerun
