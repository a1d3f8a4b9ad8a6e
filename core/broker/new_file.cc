#include "core/broker/new_file.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/linux.h"

namespace stagerun {
namespace {

// Always the same for a name, so that what a crash left is found; no longer than names may be.
std::string temporary_name(const std::string& name) {
  return ".stagerun-" + sha256_hex(name).substr(0, 16) + ".tmp";
}

bool is_same_file(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

NewFile::NewFile(int folder, std::string name, std::string temporary, Fd file)
    : folder_(folder),
      name_(std::move(name)),
      temporary_(std::move(temporary)),
      file_(std::move(file)) {}

NewFile::NewFile(NewFile&& other) noexcept
    : folder_(other.folder_),
      name_(std::move(other.name_)),
      temporary_(std::exchange(other.temporary_, "")),
      file_(std::move(other.file_)) {}

NewFile::~NewFile() {
  if (!temporary_.empty() && check_ours()) ::unlinkat(folder_, temporary_.c_str(), 0);
}

Result<NewFile> NewFile::create(const Fd& folder, const std::string& name) {
  std::string temporary = temporary_name(name);
  if (::unlinkat(folder.get(), temporary.c_str(), 0) != 0 && errno != ENOENT) {
    return errno_error("cannot remove what an earlier write left, " + temporary, errno);
  }
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  Fd file(::openat(folder.get(), temporary.c_str(), flags, 0600));
  if (!file) return errno_error("cannot create " + temporary + " beside it", errno);
  return NewFile(folder.get(), name, std::move(temporary), std::move(file));
}

Status NewFile::set_mode(const std::optional<struct stat>& former, std::optional<mode_t> mode) {
  struct stat own {};
  if (::fstat(fd(), &own) != 0) return errno_error("cannot look at it", errno);
  const bool others = former && (former->st_uid != own.st_uid || former->st_gid != own.st_gid);
  if (others && ::fchown(fd(), former->st_uid, former->st_gid) != 0) {
    return errno_error("it belongs to another user or group, which cannot be kept", errno);
  }
  constexpr mode_t kAll = 07777;
  const mode_t wanted = mode.value_or(former ? former->st_mode & kAll : 0600);
  if (::fchmod(fd(), wanted) != 0) return errno_error("cannot set its mode", errno);
  return {};
}

Result<mode_t> NewFile::mode() const {
  struct stat own {};
  if (::fstat(fd(), &own) != 0) return errno_error("cannot look at it", errno);
  return own.st_mode;
}

Status NewFile::sync() {
  if (::fsync(fd()) != 0) return errno_error("cannot sync it", errno);
  return {};
}

Result<int> NewFile::put(bool replaces) {
  TRY(check_ours());
  const int error =
      replaces ? (::renameat(folder_, temporary_.c_str(), folder_, name_.c_str()) == 0 ? 0 : errno)
               : rename_new(folder_, temporary_.c_str(), folder_, name_.c_str());
  if (error == 0) temporary_.clear();
  return error;
}

// Another write of the same file, of this host or another, takes the name over.
Status NewFile::check_ours() const {
  struct stat own {};
  struct stat there {};
  if (::fstat(fd(), &own) == 0 &&
      ::fstatat(folder_, temporary_.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0 &&
      is_same_file(own, there)) {
    return {};
  }
  return Error{ErrorCode::busy, "another write of it is under way", ""};
}

}  // namespace stagerun
