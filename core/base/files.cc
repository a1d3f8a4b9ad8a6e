#include "core/base/files.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

#include "core/base/digest.h"

namespace stagerun {

Result<Fd> open_file(const std::filesystem::path& path, int flags) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!fd) return errno_error("cannot open " + path.string(), errno);
  return fd;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t most) {
  TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY | O_NONBLOCK));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return errno_error("cannot read " + path.string(), errno);
  if (!S_ISREG(info.st_mode)) {
    return Error{ErrorCode::surroundings, path.string() + " is not a regular file", ""};
  }
  std::string bytes;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("cannot read " + path.string(), errno);
    if (count == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(count));
    if (bytes.size() > most) {
      return Error{ErrorCode::surroundings,
                   path.string() + " is larger than " + std::to_string(most) + " bytes", ""};
    }
  }
}

Status write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("cannot write", errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Status write_file(const std::filesystem::path& path, std::string_view bytes) {
  TRY_ASSIGN(const Fd fd, open_file(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW));
  return write_all(fd.get(), bytes);
}

Status create_file(const std::filesystem::path& path, std::string_view bytes) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const Fd fd(::open(path.c_str(), flags, 0666));
  if (!fd) return errno_error("cannot write " + path.string(), errno);
  const Status written = write_all(fd.get(), bytes);
  if (written) return {};
  ::unlink(path.c_str());
  return Error(written.error()).within(path.string());
}

namespace {

// The file beside its place, synced, before it takes it.
Status write_beside(const std::filesystem::path& beside, std::string_view bytes) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  const Fd fd(::open(beside.c_str(), flags, 0666));
  if (!fd) return errno_error("cannot write " + beside.string(), errno);
  TRY(write_all(fd.get(), bytes));
  if (::fsync(fd.get()) != 0) return errno_error("cannot write " + beside.string(), errno);
  return {};
}

}  // namespace

Status replace_file(const std::filesystem::path& path, std::string_view bytes) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return Error{ErrorCode::usage, path.string() + " is there, and is no plain file",
                 "name another file"};
  }
  std::filesystem::path beside = path;
  beside.replace_filename("." + path.filename().string() + "." + std::to_string(::getpid()));
  ::unlink(beside.c_str());  // of a process that had our number, and died
  const Status written = write_beside(beside, bytes);
  if (written && ::rename(beside.c_str(), path.c_str()) == 0) return {};
  const int error = errno;
  ::unlink(beside.c_str());
  return written ? errno_error("cannot write " + path.string(), error) : written;
}

Status make_folder(const std::filesystem::path& path) {
  if (path.has_parent_path() && path.parent_path() != path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path.parent_path(), ignored)) TRY(make_folder(path.parent_path()));
  }
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  const int error = errno;
  std::error_code ignored;
  if (error == EEXIST && std::filesystem::is_directory(path, ignored)) return {};
  return errno_error("cannot create the folder " + path.string(), error);
}

Status sync_folder(const std::filesystem::path& path) {
  TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return errno_error("cannot sync " + path.string(), errno);
  return {};
}

Result<std::string> file_digest(const std::filesystem::path& path) {
  TRY_ASSIGN(const Fd fd, open_file(path, O_RDONLY));
  Sha256 sha;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("cannot read " + path.string(), errno);
    if (count == 0) return sha.hex();
    sha.add({buffer, static_cast<std::size_t>(count)});
  }
}

}  // namespace stagerun
