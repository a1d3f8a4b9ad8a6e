// What a worker says of its plugin, as a value. Untrusted: every member is checked.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/model/plugin_info.h"

namespace stagerun {

// From the JSON of the `loaded` message. path and digest are left empty. Pure.
Result<PluginInfo> parse_plugin_info(std::string_view json);

}  // namespace stagerun
