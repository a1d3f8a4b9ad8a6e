#include "core/rehearsal/file_copy.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <thread>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/base/linux.h"
#include "core/base/text.h"

namespace stagerun::rehearsal {
namespace {

bool is_same_time(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

std::string shown(const std::filesystem::path& path) { return printable(path.string()); }

Status check_state(const Fd& file, const struct stat& looked, const std::filesystem::path& path) {
  struct stat now {};
  if (::fstat(file.get(), &now) == 0 && is_same_state(now, looked)) return {};
  return Error{ErrorCode::busy, shown(path) + " was changed while it was copied",
               "stop what writes to it, then try again"};
}

}  // namespace

bool is_later(const timespec& one, const timespec& other) {
  return one.tv_sec != other.tv_sec ? one.tv_sec > other.tv_sec : one.tv_nsec > other.tv_nsec;
}

bool is_same_state(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_size == other.st_size &&
         is_same_time(one.st_mtim, other.st_mtim) && is_same_time(one.st_ctim, other.st_ctim);
}

Status copy_file_as(const std::filesystem::path& from, const struct stat& looked,
                    const std::filesystem::path& to) {
  const Fd source(::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!source) return errno_error("cannot read " + shown(from), errno);
  TRY(check_state(source, looked, from));
  const Fd target(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!target) return errno_error("cannot create " + shown(to), errno);
  const int error = copy_rest(source.get(), target.get());
  if (error != 0) return errno_error("cannot copy " + shown(from) + " to " + shown(to), error);
  TRY(check_state(source, looked, from));
  const std::array<timespec, 2> times = {looked.st_atim, looked.st_mtim};
  const bool is_set = ::fchmod(target.get(), looked.st_mode & 0777) == 0 &&
                      ::futimens(target.get(), times.data()) == 0;
  if (!is_set) return errno_error("cannot set permissions and times of " + shown(to), errno);
  return {};
}

// The file system's own clock is asked, which may be coarse and may be another machine's: a folder
// that is given the permissions that it has gets a new time of change.
Status wait_for_tick(const std::filesystem::path& folder, const timespec& last) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::milliseconds(limits::kTickWait);
  TRY_ASSIGN(const Fd fd, open_file(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  for (;;) {
    struct stat info {};
    const bool is_known = ::fstat(fd.get(), &info) == 0 &&
                          ::fchmod(fd.get(), info.st_mode & 07777) == 0 &&
                          ::fstat(fd.get(), &info) == 0;
    if (!is_known) return errno_error("cannot work in " + shown(folder), errno);
    if (is_later(info.st_ctim, last)) return {};
    if (Clock::now() >= deadline) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return Error{ErrorCode::surroundings,
               "time stands still in the file system of " + shown(folder) +
                   ": what was changed there could not be told from what was not",
               "rehearse on another file system"};
}

}  // namespace stagerun::rehearsal
