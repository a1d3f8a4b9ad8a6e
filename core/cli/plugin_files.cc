#include "core/cli/plugin_files.h"

#include <algorithm>
#include <cstdlib>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "core/base/text.h"

namespace stagerun {
namespace {

std::vector<std::string> as_text(const std::vector<std::filesystem::path>& folders) {
  std::vector<std::string> texts;
  texts.reserve(folders.size());
  for (const auto& folder : folders) texts.push_back(folder.string());
  return texts;
}

}  // namespace

std::filesystem::path program_folder() {
  std::error_code none;
  return std::filesystem::read_symlink("/proc/self/exe", none).parent_path();
}

std::vector<std::filesystem::path> plugin_folders(const std::vector<std::filesystem::path>& given) {
  std::vector<std::filesystem::path> folders = given;
  const char* variable = std::getenv("STAGERUN_PLUGIN_PATH");
  const std::string path = variable != nullptr ? variable : "";
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    if (end > begin) folders.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  const auto beside = program_folder().parent_path() / "lib" / "stagerun" / "plugins";
  if (std::find(folders.begin(), folders.end(), beside) == folders.end()) folders.push_back(beside);
  return folders;
}

Result<std::filesystem::path> find_plugin(const std::string& name,
                                          const std::vector<std::filesystem::path>& folders) {
  for (const auto& folder : folders) {
    std::error_code none;
    const auto file = std::filesystem::absolute(folder / (name + ".so"), none);
    if (std::filesystem::is_regular_file(file, none)) return file;
  }
  const std::vector<std::string> present = plugin_names(folders);
  std::string hint = fmt::format("searched {}", fmt::join(as_text(folders), ", "));
  const std::string meant = suggestion(name, present);
  if (!meant.empty()) hint += "; " + meant;
  return Error{ErrorCode::plugin, fmt::format("there is no plugin `{}`", name), hint};
}

std::vector<std::string> plugin_names(const std::vector<std::filesystem::path>& folders) {
  std::set<std::string> names;
  for (const auto& folder : folders) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
      if (entry.path().extension() == ".so") names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace stagerun
