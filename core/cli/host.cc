#include "core/cli/host.h"

#include <fmt/format.h>

#include "core/cli/plugin_files.h"
#include "core/cli/print.h"
#include "core/rehearsal/remote_director.h"

namespace stagerun {

Host::Host(const Arguments& given)
    : arguments(given), link(loop, program_folder() / "stagerun-worker") {
  if (given.kill_points >= 0) kill_points = KillPoints(given.kill_points);
  if (given.rehearsal >= 0) {
    director = std::make_unique<rehearsal::RemoteDirector>(given.rehearsal, clock);
  }
  link.on_unenforced([] {
    print_note(
        "note: not enforced: this kernel has no Landlock, so plugins can read and write whatever "
        "you "
        "can (they still have no network and start no program)\n");
  });
}

Result<PluginInfo> Host::describe(const std::filesystem::path& plugin) {
  auto info = link.describe(plugin);
  if (info) return info;
  return std::move(info).error().within(
      fmt::format("plugin {} ({})", plugin.stem().string(), plugin.string()));
}

Result<PluginInfo> Host::find(const std::string& name) {
  TRY_ASSIGN(const auto file, find_plugin(name, plugin_folders(arguments.plugin_folders)));
  return describe(file);
}

void add_to(Catalog& catalog, const PluginInfo& plugin) {
  for (const StageInfo& stage : plugin.stages) {
    const bool same = stage.name == plugin.name;
    catalog[same ? plugin.name : plugin.name + "." + stage.name] = {plugin, stage};
  }
}

}  // namespace stagerun
