#include "core/config/workspace_path.h"

#include <algorithm>

namespace stagerun {

bool is_inner_file(std::string_view path) {
  if (path.starts_with('/') || path.find('\0') != std::string_view::npos) return false;
  while (true) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (part == "..") return false;
    if (slash == path.size()) return !part.empty() && part != ".";
    path.remove_prefix(slash + 1);
  }
}

}  // namespace stagerun
