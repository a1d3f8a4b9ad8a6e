#include "core/base/bounds.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <memory>
#include <string_view>

#include "core/base/limits.h"

namespace stagerun {
namespace {

using Path = std::filesystem::path;

// Adds what stands in `folder`, but for the one of that name.
Status add_all_but(const std::string& hidden, const Path& folder, std::vector<Part>& parts) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (!dir) return errno_error("cannot look into the workspace " + folder.string(), errno);
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    if (name == "." || name == ".." || name == hidden) continue;
    parts.push_back({folder / name, entry->d_ino});
    if (parts.size() <= limits::kWorkspaceParts) continue;
    return Error{ErrorCode::surroundings,
                 "too much stands beside stagerun's own folder in " + folder.string(),
                 "keep the runs elsewhere: `--state dir:FOLDER`"};
  }
  return {};
}

}  // namespace

std::vector<Path> way_to_runs(const Bounds& bounds) {
  const Path inside = bounds.runs.lexically_relative(bounds.workspace);
  if (bounds.workspace.empty() || inside.empty() || *inside.begin() == "..") return {};
  if (inside == ".") return {};
  std::vector<Path> way;
  Path folder = bounds.workspace;
  for (const Path& name : inside) {
    way.push_back(folder);
    folder /= name;
  }
  return way;
}

Result<std::vector<Part>> readable_parts(const Bounds& bounds) {
  std::vector<Part> parts;
  if (bounds.workspace.empty()) return parts;
  const std::vector<Path> way = way_to_runs(bounds);
  if (way.empty()) return std::vector<Part>{{bounds.workspace, 0}};
  for (std::size_t i = 0; i < way.size(); ++i) {
    const Path& next = i + 1 < way.size() ? way[i + 1] : bounds.runs;
    std::error_code none;
    if (!std::filesystem::is_directory(way[i], none)) break;  // nothing was ever kept there
    TRY(add_all_but(next.filename().string(), way[i], parts));
  }
  std::sort(parts.begin(), parts.end(),
            [](const Part& a, const Part& b) { return a.path < b.path; });
  return parts;
}

}  // namespace stagerun
