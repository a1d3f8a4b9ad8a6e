// stagerun plan PIPELINE
#include "core/base/json.h"
#include "core/cli/commands.h"
#include "core/cli/preview.h"
#include "core/cli/print.h"
#include "core/report/plan_report.h"

namespace stagerun {

int plan_command(const Arguments& arguments) {
  Host host(arguments);
  const auto loading = load_pipeline(host);
  if (const int* status = std::get_if<int>(&loading)) return *status;
  const auto& loaded = std::get<Loaded>(loading);
  const int opening = check_start(host, loaded);
  if (opening != exit_succeeded) return opening;
  const Look look = preview(host, loaded, true);
  const bool json = arguments.format == "json";
  if (json && !look.diagnostics.empty()) print_diagnostics(look.diagnostics, loaded.source, json);
  const int status = print_look(look, loaded.source);
  if (status != exit_succeeded) return status;
  print_result(json ? render_json_pretty(plan_value(loaded.plan, forecasts(look))) + "\n"
                    : plan_text(loaded.plan, forecasts(look)));
  return exit_succeeded;
}

}  // namespace stagerun
