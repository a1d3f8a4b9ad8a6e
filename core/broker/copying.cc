#include "core/broker/copying.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <unistd.h>

#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/base/linux.h"

namespace stagerun {
namespace {

bool is_same_time(const timespec& one, const timespec& other) {
  return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

}  // namespace

bool is_same_state(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_size == other.st_size &&
         is_same_time(one.st_mtim, other.st_mtim) && is_same_time(one.st_ctim, other.st_ctim);
}

Copying::Copying(Fd from, const struct stat& info, int to)
    : from_(std::move(from)), info_(info), to_(to) {}

Result<bool> Copying::go_on() {
  std::array<char, std::size_t{64} * 1024> buffer;
  const std::int64_t begin = done_;
  const auto most = begin + static_cast<std::int64_t>(limits::kCopyBytes);
  const std::int64_t end = std::min<std::int64_t>(most, info_.st_size);
  while (done_ < end) {
    const auto want = std::min<std::size_t>(buffer.size(), static_cast<std::size_t>(end - done_));
    const ssize_t count = ::read(from_.get(), buffer.data(), want);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("cannot read it", errno);
    if (count == 0) break;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    sha_.add(bytes);
    if (to_ >= 0) TRY(write_all(to_, bytes));
    done_ += count;
  }
  if (to_ >= 0) start_writeback(to_, begin, done_ - begin);
  if (done_ < end || end == info_.st_size) {
    TRY(check_unchanged());
    return true;
  }
  return false;
}

Status Copying::check_unchanged() const {
  struct stat now {};
  const bool known = ::fstat(from_.get(), &now) == 0;
  if (known && done_ == info_.st_size && is_same_state(now, info_)) return {};
  return Error{ErrorCode::busy, "it was changed while it was read", ""};
}

}  // namespace stagerun
