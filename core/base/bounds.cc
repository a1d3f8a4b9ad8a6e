#include "core/base/bounds.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <utility>

#include "core/base/limits.h"

namespace stagerun {
namespace {

using Path = std::filesystem::path;

// Of a kernel that counts a hundred ticks a second, twice; of a file system with times in steps of
// two seconds.
constexpr std::int64_t kTick = 20;
constexpr std::int64_t kCoarseTick = 2'000;

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

PartsWatch::PartsWatch(Bounds bounds, const Clock& clock)
    : bounds_(std::move(bounds)), clock_(clock), way_(way_to_runs(bounds_)) {}

PartsWatch::Stamp PartsWatch::stamp_of(const Path& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino, info.st_ctim.tv_sec, info.st_ctim.tv_nsec};
}

// Times of files move on in ticks: what changes within the tick that the stamp is of leaves it as
// it is. So a reading counts only where the stamp had stood for longer than a tick by then: some
// milliseconds, or two seconds where the file system knows no fractions of one.
bool PartsWatch::is_settled() const {
  const bool is_coarse = std::any_of(stamps_.begin(), stamps_.end(),
                                     [](const Stamp& stamp) { return stamp.changed_ns == 0; });
  return read_ms_ - stamped_ms_ > (is_coarse ? kCoarseTick : kTick);
}

Result<PartsWatch::Parts> PartsWatch::look() {
  std::vector<Stamp> stamps;
  for (const Path& folder : way_) stamps.push_back(stamp_of(folder));
  if (parts_ && stamps == stamps_ && is_settled()) return parts_;
  read_ms_ = clock_.monotonic_ms();
  if (!parts_ || stamps != stamps_) stamped_ms_ = read_ms_;
  stamps_ = std::move(stamps);
  TRY_ASSIGN(auto parts, readable_parts(bounds_));
  if (!parts_ || *parts_ != parts) {
    parts_ = std::make_shared<const std::vector<Part>>(std::move(parts));
  }
  return parts_;
}

}  // namespace stagerun
