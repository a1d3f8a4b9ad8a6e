#include "core/broker/workspace_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>

#include "core/base/files.h"
#include "core/broker/effect.h"
#include "core/broker/form.h"

namespace stagerun {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& path, const std::error_code& error) {
  return Error{ErrorCode::surroundings, path + ": " + error.message(), ""};
}

bool is_missing(const std::error_code& error) {
  return error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
}

// True for the folder itself, too. Both are canonical.
bool is_inside(const fs::path& place, const fs::path& folder) {
  const fs::path inside = place.lexically_relative(folder);
  return !inside.empty() && *inside.begin() != "..";
}

// The path with its links followed, as far as it exists: where the file is, or would be.
Result<fs::path> resolve(const fs::path& root, const std::string& path) {
  std::error_code error;
  const fs::path place = fs::canonical(root / path, error);
  if (!error) return place;
  if (!is_missing(error)) return failed(path, error);
  const fs::path would_be = fs::weakly_canonical(root / path, error);
  if (error) return failed(path, error);
  std::error_code none;
  if (fs::is_symlink(fs::symlink_status(would_be, none))) {
    return Error{ErrorCode::surroundings, path + " is a link that leads nowhere", ""};
  }
  return would_be;
}

// From folder to folder, by names without links: whoever swaps one for a link meanwhile makes this
// fail. Empty where one does not exist.
Result<Fd> open_folder(const fs::path& root, const fs::path& inside) {
  TRY_ASSIGN(Fd folder, open_file(root, O_RDONLY | O_DIRECTORY));
  for (auto part = inside.begin(); part != inside.end(); ++part) {
    // To pass through a folder one need not be allowed to read it; to sync it one must.
    const int flags = std::next(part) == inside.end() ? O_RDONLY : O_PATH;
    Fd next(::openat(folder.get(), part->c_str(), flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next && errno == ENOENT) return Fd();
    if (!next) return errno_error("cannot open the folder " + inside.string(), errno);
    folder = std::move(next);
  }
  return folder;
}

}  // namespace

Result<WorkspaceFile> locate(const EffectPlace& place, const std::string& path) {
  if (path.empty() || fs::path(path).is_absolute()) {
    return malformed("`" + path + "` is no path of a file, relative to the workspace");
  }
  std::error_code error;
  const fs::path root = fs::canonical(place.workspace, error);
  if (error) return failed(place.workspace.string(), error);
  TRY_ASSIGN(const fs::path real, resolve(root, path));
  if (!is_inside(real, root)) return malformed("`" + path + "` is not inside the workspace");
  const fs::path runs = fs::weakly_canonical(place.run_folder, error).parent_path();
  if (!error && !is_inside(root, runs) && is_inside(real, runs)) {
    return malformed("`" + path + "` is where stagerun keeps its runs");
  }
  const fs::path inside = real.lexically_relative(root);
  if (inside == "." || !inside.has_filename()) {
    return malformed("`" + path + "` names a folder");
  }
  TRY_ASSIGN(Fd folder, open_folder(root, inside.parent_path()));
  return WorkspaceFile{std::move(folder), inside.filename().string(), path};
}

Result<std::string> read_workspace_file(const EffectPlace& place, const std::string& path,
                                        std::size_t most) {
  TRY_ASSIGN(const WorkspaceFile file, locate(place, path));
  if (!file.folder) return Error{ErrorCode::surroundings, path + " does not exist", ""};
  // O_NOFOLLOW through the folder's descriptor, and then read as any other.
  const Fd fd(::openat(file.folder.get(), file.name.c_str(),
                       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd) return errno_error("cannot open " + path, errno);
  Result<std::string> text = read_file("/proc/self/fd/" + std::to_string(fd.get()), most);
  if (!text) return Error{ErrorCode::surroundings, path + " is no plain file, or too large", ""};
  return text;
}

}  // namespace stagerun
