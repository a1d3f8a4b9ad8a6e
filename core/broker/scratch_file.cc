#include "core/broker/scratch_file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/files.h"

namespace stagerun {
namespace {

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

// O_NONBLOCK: a pipe that somebody put there must not make us wait.
Result<Fd> open_plain(const Fd& folder, const std::filesystem::path& path, int flags) {
  const int all = flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  Fd file(::openat(folder.get(), path.filename().c_str(), all, 0600));
  if (!file) return errno_error("cannot open " + path.string(), errno);
  struct stat info {};
  const bool known = ::fstat(file.get(), &info) == 0;
  if (!known || !S_ISREG(info.st_mode) || info.st_nlink != 1) {
    return Error{ErrorCode::surroundings, path.string() + " is not a plain file", ""};
  }
  ::fcntl(file.get(), F_SETFL, 0);
  return file;
}

}  // namespace

bool is_scratch_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.size() <= 255 &&
         name.find('/') == std::string::npos;
}

Result<Fd> open_scratch(const std::filesystem::path& scratch) {
  TRY(make_folder(scratch));
  return open_file(scratch, kFolder);
}

Result<Fd> create_in_scratch(const std::filesystem::path& scratch, const std::string& name) {
  TRY_ASSIGN(const Fd folder, open_scratch(scratch));
  const std::filesystem::path path = scratch / name;
  TRY_ASSIGN(Fd file, open_plain(folder, path, O_WRONLY | O_CREAT));
  if (::ftruncate(file.get(), 0) != 0) return errno_error("cannot empty " + path.string(), errno);
  return file;
}

Result<Fd> open_in_scratch(const std::filesystem::path& scratch, const std::string& name) {
  TRY_ASSIGN(const Fd folder, open_file(scratch, kFolder));
  return open_plain(folder, scratch / name, O_RDONLY);
}

}  // namespace stagerun
