#include <array>
#include <csignal>
#include <utility>

#include "core/base/check.h"
#include "core/cli/commands.h"

namespace stagerun {
namespace {

using Command = int (*)(const Arguments&);

constexpr std::array kCommands{
    std::pair<std::string_view, Command>{"validate", validate_command},
    std::pair<std::string_view, Command>{"plan", plan_command},
    std::pair<std::string_view, Command>{"run", run_command},
    std::pair<std::string_view, Command>{"rehearse", rehearse_command},
    std::pair<std::string_view, Command>{"resume", resume_command},
    std::pair<std::string_view, Command>{"rollback", rollback_command},
    std::pair<std::string_view, Command>{"runs", runs_command},
    std::pair<std::string_view, Command>{"show", show_command},
    std::pair<std::string_view, Command>{"schema", schema_command},
    std::pair<std::string_view, Command>{"graph", graph_command},
    std::pair<std::string_view, Command>{"report", report_command},
    std::pair<std::string_view, Command>{"plugin list", plugin_list_command},
    std::pair<std::string_view, Command>{"plugin show", plugin_show_command},
    std::pair<std::string_view, Command>{"plugin new", plugin_new_command},
};

int run_main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads our output may leave; the run goes on
  const auto parsed = parse_arguments(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  const auto& arguments = std::get<Arguments>(parsed);
  for (const auto& [name, command] : kCommands) {
    if (name == arguments.command) return command(arguments);
  }
  CHECK(false && "a command without a function");
}

}  // namespace
}  // namespace stagerun

int main(int argc, char** argv) { return stagerun::run_main(argc, argv); }
