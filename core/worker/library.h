// Opening a plugin's shared library. The door to Boost.DLL.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <stagerun/stagerun.h>

namespace stagerun {

// Why a plugin cannot be used: a code (load.elf, load.sandbox, load.open, load.symbol, load.abi,
// load.module) and a sentence.
struct Refusal {
  std::string code;
  std::string text;
};

using Entry = const sr_module* (*)();

// Opens the library, which runs its static constructors, and finds its entry point. It stays open
// until the process ends: nothing is ever unloaded.
std::optional<Refusal> open_plugin(const std::filesystem::path& path, Entry& entry);

}  // namespace stagerun
