// stagerun report [RUN]: one run, told from its journal alone.
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/cli/commands.h"
#include "core/cli/open_run.h"
#include "core/cli/print.h"
#include "core/config/read_pipeline.h"
#include "core/report/report_junit.h"
#include "core/report/report_text.h"
#include "core/report/report_value.h"

namespace stagerun {
namespace {

// The journal holds the pipeline's text. Should this stagerun not be able to read it any more, the
// stages that never began are left out.
void add_pipeline(RunHistory& history) {
  const RunStarted& started = history.state.started;
  Diagnostics unused;
  const auto pipeline =
      read_pipeline({started.pipeline_path, started.pipeline_text}, unused, started.environment);
  if (pipeline) complete(history, *pipeline);
}

std::string render(const RunHistory& history, const std::string& format) {
  if (format == "junit") return report_junit(history);
  if (format == "json") return render_json_pretty(report_value(history)) + "\n";
  return report_text(history);
}

}  // namespace

int report_command(const Arguments& arguments) {
  auto history = read_run(arguments);
  if (!history) return print_error(history.error());
  add_pipeline(*history);
  const std::string text = render(*history, arguments.format);
  if (arguments.output.empty()) {
    print_result(text);
    return exit_succeeded;
  }
  const Status written = replace_file(arguments.output, text);
  return written ? int{exit_succeeded} : print_error(written.error());
}

}  // namespace stagerun
