#include "core/rehearsal/tree.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <limits>
#include <memory>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/fd.h"
#include "core/base/text.h"

namespace stagerun::rehearsal {
namespace {

std::string shown(const std::filesystem::path& path) { return printable(path.string()); }

class Lister {
 public:
  Lister(std::filesystem::path folder, const std::filesystem::path& left_out,
         const TreeLimits& most, bool opens)
      : folder_(std::move(folder)),
        left_out_(left_out.lexically_normal()),
        most_(most),
        opens_(opens) {
    if (!left_out_.has_filename()) left_out_ = left_out_.parent_path();  // "a/" means "a"
  }

  Result<Tree> list() {
    TRY(list_folder(""));
    return std::move(tree_);
  }

 private:
  using Dir = std::unique_ptr<DIR, int (*)(DIR*)>;

  Status list_folder(const std::string& path) {
    const std::filesystem::path whole = path.empty() ? folder_ : folder_ / path;
    TRY_ASSIGN(const std::vector<std::string> names, names_in(whole));
    for (const std::string& name : names) {
      const std::string inner = path.empty() ? name : path + "/" + name;
      if (!left_out_.empty() && inner == left_out_) continue;
      TRY_ASSIGN(const bool is_folder, take(inner));
      if (is_folder) TRY(list_folder(inner));
    }
    return {};
  }

  Result<std::vector<std::string>> names_in(const std::filesystem::path& path) const {
    if (opens_) TRY(open_up(path));
    TRY_ASSIGN(const Dir dir, open_folder(path));
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(dir.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    if (errno != 0) return errno_error("cannot look into the folder " + shown(path), errno);
    std::sort(names.begin(), names.end());  // so that an error is the same one each time
    return names;
  }

  // The whole may be known by a link, but not where it is ours to change.
  Result<Dir> open_folder(const std::filesystem::path& path) const {
    const bool follows = path == folder_ && !opens_;
    const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follows ? 0 : O_NOFOLLOW);
    const int fd = ::open(path.c_str(), flags);
    Dir dir(fd < 0 ? nullptr : ::fdopendir(fd), ::closedir);
    if (!dir) return errno_error("cannot look into the folder " + shown(path), errno);
    return dir;
  }

  static Status open_up(const std::filesystem::path& path) {
    struct stat info {};
    const bool is_known = ::lstat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
    if (!is_known || (info.st_mode & S_IRWXU) == S_IRWXU) return {};
    if (::chmod(path.c_str(), (info.st_mode & 0777) | S_IRWXU) == 0) return {};
    return errno_error("cannot open the folder " + shown(path), errno);
  }

  // Whether it is a folder.
  Result<bool> take(const std::string& path) {
    TreeEntry entry;
    const std::filesystem::path whole = folder_ / path;
    if (::lstat(whole.c_str(), &entry.info) != 0) {
      return errno_error("cannot look at " + shown(whole), errno);
    }
    if (S_ISLNK(entry.info.st_mode)) {
      std::array<char, PATH_MAX> target;
      const ssize_t size = ::readlink(whole.c_str(), target.data(), target.size());
      if (size < 0) return errno_error("cannot read the link " + shown(whole), errno);
      entry.target.assign(target.data(), static_cast<std::size_t>(size));
    }
    const bool is_folder = S_ISDIR(entry.info.st_mode);
    if (S_ISREG(entry.info.st_mode)) bytes_ += entry.info.st_size;
    tree_.emplace(path, std::move(entry));
    if (bytes_ > most_.bytes) return too_large(true);
    if (tree_.size() > most_.files) return too_large(false);
    return is_folder;
  }

  // Which of the folders (or files) right below holds the most of what was found.
  Error too_large(bool by_bytes) const {
    std::map<std::string, std::int64_t> sums;
    for (const auto& [path, entry] : tree_) {
      const bool counts = S_ISREG(entry.info.st_mode) || !by_bytes;
      if (counts) sums[path.substr(0, path.find('/'))] += by_bytes ? entry.info.st_size : 1;
    }
    const auto largest = std::max_element(
        sums.begin(), sums.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    const std::string many = by_bytes ? fmt::format("{} MiB", most_.bytes >> 20)
                                      : fmt::format("{} files and folders", most_.files);
    return Error{ErrorCode::usage,
                 fmt::format("the folder {} holds more than {}, too much to rehearse in a copy of "
                             "it; most of that is in {}",
                             shown(folder_), many, shown(folder_ / largest->first)),
                 "move that out of the workspace, or keep the pipeline in a folder of its own"};
  }

  std::filesystem::path folder_;
  std::filesystem::path left_out_;
  TreeLimits most_;
  bool opens_;
  Tree tree_;
  std::int64_t bytes_ = 0;
};

}  // namespace

Result<Tree> list_tree(const std::filesystem::path& folder, const std::filesystem::path& left_out,
                       const TreeLimits& most) {
  return Lister(folder, left_out, most, false).list();
}

Result<Tree> list_opened(const std::filesystem::path& folder) {
  const TreeLimits none{std::numeric_limits<std::int64_t>::max(),
                        std::numeric_limits<std::size_t>::max()};
  return Lister(folder, "", none, true).list();
}

}  // namespace stagerun::rehearsal
