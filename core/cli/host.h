// Host: what every command stands on: clock, loop, link and the plugins that it found.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/kill_points.h"
#include "core/base/loop.h"
#include "core/cli/arguments.h"
#include "core/link/link.h"
#include "core/model/plugin_info.h"
#include "core/model/ports.h"

namespace stagerun {

class Host {
 public:
  explicit Host(const Arguments& given);

  const Arguments& arguments;
  SkippingClock clock;
  Loop loop{clock};
  Link link;
  KillPoints kill_points;
  // Where this host only rehearses: who decides what becomes of effects.
  std::unique_ptr<Director> director;

  // Asks each plugin, in a worker, what it offers. Errors name the plugin.
  Result<PluginInfo> describe(const std::filesystem::path& plugin);
  // Finds the plugin of that name, and asks it.
  Result<PluginInfo> find(const std::string& name);
};

// Adds a plugin's stages under the names that `uses` knows them by.
void add_to(Catalog& catalog, const PluginInfo& plugin);

}  // namespace stagerun
