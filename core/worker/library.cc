#include "core/worker/library.h"

#include <boost/dll/shared_library.hpp>
#include <fmt/format.h>

namespace stagerun {
namespace {

namespace dll = boost::dll;

constexpr int kNewestGuess = 9;

std::string symbol_of(int major) { return fmt::format("stagerun_module_v{}", major); }

// What the loader said. Boost wraps it: "... (dlerror system message: WORDS): Bad file descriptor".
std::string loader_words(const std::string& what) {
  constexpr std::string_view kBefore = "dlerror system message: ";
  const std::size_t begin = what.find(kBefore);
  const std::size_t end = what.rfind(')');
  if (begin == std::string::npos || end == std::string::npos) return what;
  const std::size_t from = begin + kBefore.size();
  return from < end ? what.substr(from, end - from) : what;
}

Refusal missing_entry(const dll::shared_library& library, const std::string& path) {
  for (int major = SR_ABI_MAJOR + 1; major <= kNewestGuess; ++major) {
    if (!library.has(symbol_of(major))) continue;
    return {"load.abi",
            fmt::format("{} was built for plugin ABI {}; this stagerun speaks {}: take a newer "
                        "stagerun, or the plugin built for ABI {}",
                        path, major, SR_ABI_MAJOR, SR_ABI_MAJOR)};
  }
  return {
      "load.symbol",
      fmt::format("{} has no function {}: it is not a stagerun plugin, or hides its entry point",
                  path, symbol_of(SR_ABI_MAJOR))};
}

}  // namespace

std::optional<Refusal> open_plugin(const std::filesystem::path& path, Entry& entry) {
  const std::filesystem::path absolute = std::filesystem::absolute(path);
  const auto mode = dll::load_mode::rtld_now | dll::load_mode::rtld_local;
  try {
    // Never destroyed: closing would run the plugin's destructors, and its threads may still run.
    auto* library = new dll::shared_library(absolute, mode);
    if (!library->has(symbol_of(SR_ABI_MAJOR))) return missing_entry(*library, absolute.string());
    entry = &library->get<const sr_module*()>(symbol_of(SR_ABI_MAJOR));
    return std::nullopt;
  } catch (const std::exception& error) {
    return Refusal{"load.open", fmt::format("{} cannot be loaded: {}", absolute.string(),
                                            loader_words(error.what()))};
  }
}

}  // namespace stagerun
