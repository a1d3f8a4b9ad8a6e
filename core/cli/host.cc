#include "core/cli/host.h"

#include <set>

#include <fmt/format.h>

#include "core/cli/plugin_files.h"

namespace stagerun {

Host::Host(const Arguments& given)
    : arguments(given), link(loop, program_folder() / "stagerun-worker") {
  if (given.kill_points >= 0) kill_points = KillPoints(given.kill_points);
}

Result<PluginInfo> Host::describe(const std::filesystem::path& plugin) {
  auto info = link.describe(plugin);
  if (info) return info;
  return std::move(info).error().within(
      fmt::format("plugin {} ({})", plugin.stem().string(), plugin.string()));
}

Result<Catalog> Host::catalog(const std::vector<std::string>& uses) {
  std::set<std::string> names;
  for (const std::string& use : uses) names.insert(use.substr(0, use.find('.')));
  const auto folders = plugin_folders(arguments.plugin_folders);
  Catalog catalog;
  for (const std::string& name : names) {
    TRY_ASSIGN(const auto file, find_plugin(name, folders));
    TRY_ASSIGN(const PluginInfo plugin, describe(file));
    add_to(catalog, plugin);
  }
  return catalog;
}

void add_to(Catalog& catalog, const PluginInfo& plugin) {
  for (const StageInfo& stage : plugin.stages) {
    const bool same = stage.name == plugin.name;
    catalog[same ? plugin.name : plugin.name + "." + stage.name] = {plugin, stage};
  }
}

}  // namespace stagerun
