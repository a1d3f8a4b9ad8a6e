// Where plugins are: NAME.so in the first folder that has it. Folders, in this order: --plugins,
// STAGERUN_PLUGIN_PATH (separated by colons), lib/stagerun/plugins beside the program's bin.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace stagerun {

std::vector<std::filesystem::path> plugin_folders(const std::vector<std::filesystem::path>& given);

// The plugin's file, absolute. The error names the folders that were searched and what is there.
Result<std::filesystem::path> find_plugin(const std::string& name,
                                          const std::vector<std::filesystem::path>& folders);

// Every plugin that find_plugin would find, by name.
std::vector<std::string> plugin_names(const std::vector<std::filesystem::path>& folders);

// The folder of the running program.
std::filesystem::path program_folder();

}  // namespace stagerun
