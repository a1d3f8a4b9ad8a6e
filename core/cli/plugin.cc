// stagerun plugin list, stagerun plugin show PLUGIN
#include <fmt/format.h>

#include "core/base/json.h"
#include "core/cli/commands.h"
#include "core/cli/host.h"
#include "core/cli/plugin_files.h"
#include "core/cli/print.h"
#include "core/report/plan_report.h"

namespace stagerun {

int plugin_list_command(const Arguments& arguments) {
  Host host(arguments);
  const auto folders = plugin_folders(arguments.plugin_folders);
  Value rows = Value::array();
  std::string text;
  int status = exit_succeeded;
  for (const std::string& name : plugin_names(folders)) {
    const auto file = find_plugin(name, folders);
    const auto plugin = file ? host.describe(*file) : Result<PluginInfo>(file.error());
    if (!plugin) {
      status = print_error(plugin.error());
      continue;
    }
    rows.push(plugin_value(*plugin));
    text += fmt::format("{:<20} {:<10} {}\n", plugin->name, plugin->version, plugin->path);
  }
  print_result(arguments.format == "json" ? render_json_pretty(rows) + "\n" : text);
  return status;
}

int plugin_show_command(const Arguments& arguments) {
  Host host(arguments);
  const bool is_file = arguments.plugin.find('/') != std::string::npos;
  const auto file = is_file
                        ? Result<std::filesystem::path>(std::filesystem::absolute(arguments.plugin))
                        : find_plugin(arguments.plugin, plugin_folders(arguments.plugin_folders));
  if (!file) return print_error(file.error());
  const auto plugin = host.describe(*file);
  if (!plugin) return print_error(plugin.error());
  print_result(arguments.format == "json" ? render_json_pretty(plugin_value(*plugin)) + "\n"
                                          : plugin_text(*plugin));
  return exit_succeeded;
}

}  // namespace stagerun
