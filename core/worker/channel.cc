#include "core/worker/channel.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"

namespace stagerun {
namespace {

constexpr std::size_t kWaitingBytes = 64u << 10;
// poll() counts in int; a longer wait is several.
constexpr std::int64_t kLongestPoll = 3'600'000;

[[noreturn]] void leave_broken(const std::string& why) {
  std::fprintf(stderr, "stagerun-worker: %s\n", why.c_str());
  ::_exit(3);
}

class Deadline {
 public:
  explicit Deadline(std::int64_t timeout_ms) {
    if (timeout_ms < 0) return;
    const std::int64_t now = clock_.monotonic_ms();
    at_ = timeout_ms < INT64_MAX - now ? now + timeout_ms : INT64_MAX;
  }

  std::int64_t left_ms() const {
    if (at_ == INT64_MAX) return kLongestPoll;
    return std::clamp<std::int64_t>(at_ - clock_.monotonic_ms(), 0, kLongestPoll);
  }

 private:
  SystemClock clock_;
  std::int64_t at_ = INT64_MAX;
};

}  // namespace

void Channel::send(const wire::Message& message) {
  const std::lock_guard lock(mutex_);
  waiting_ += wire::encode(message);
  write_waiting();
}

void Channel::put(const wire::Message& message) {
  const std::lock_guard lock(mutex_);
  waiting_ += wire::encode(message);
  if (waiting_.size() > kWaitingBytes) write_waiting();
}

void Channel::flush() {
  const std::lock_guard lock(mutex_);
  write_waiting();
}

void Channel::write_waiting() {
  std::string_view rest = waiting_;
  while (!rest.empty()) {
    const ssize_t count = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) ::_exit(0);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  waiting_.clear();
}

bool Channel::take(wire::Message& message) {
  const Result<bool> whole = decoder_.next(message);
  if (!whole) leave_broken(whole.error().text);
  return *whole;
}

void Channel::read_some() {
  char buffer[64 * 1024];
  const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
  if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (count <= 0) ::_exit(0);
  decoder_.add({buffer, static_cast<std::size_t>(count)});
}

Channel::Heard Channel::wait(wire::Message& message, std::int64_t timeout_ms, bool heed_cancel) {
  const Deadline deadline(timeout_ms);
  while (!take(message)) {
    pollfd ready[2] = {{socket_, POLLIN, 0}, {heed_cancel ? cancel_pipe_ : -1, POLLIN, 0}};
    const std::int64_t left = deadline.left_ms();
    const int count = ::poll(ready, 2, static_cast<int>(left));
    if (count < 0 && errno != EINTR) leave_broken("cannot wait for the host");
    if (count == 0 && left < kLongestPoll) return Heard::nothing;
    if (count <= 0) continue;
    if ((ready[1].revents & POLLIN) != 0) return Heard::cancelled;
    if (ready[1].revents != 0) heed_cancel = false;  // the pipe's other end is closed
    if (ready[0].revents != 0) read_some();
  }
  return Heard::message;
}

bool Channel::is_cancelled() const {
  pollfd ready{cancel_pipe_, POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0;
}

}  // namespace stagerun
