#include "core/broker/input.h"

#include <cerrno>

#include "core/base/limits.h"

namespace stagerun {

void Input::open(Fd pipe) {
  pipe_ = std::move(pipe);
  loop_.watch(pipe_.get(), Loop::nothing, [this] { flush(); });
  flush();
}

bool Input::add(std::string_view bytes) {
  if (gone_ || ending_) return true;
  if (bytes.empty()) ending_ = true;
  if (unread_.size() + bytes.size() > limits::kInputBytes) return false;
  unread_.append(bytes);
  if (pipe_) flush();
  return true;
}

// A process that has closed its input wants no more: that is its own affair, and no failure.
void Input::flush() {
  std::size_t written = 0;
  bool full = false;
  while (written < unread_.size() && !full && !gone_) {
    const ssize_t count = ::write(pipe_.get(), unread_.data() + written, unread_.size() - written);
    if (count > 0) written += static_cast<std::size_t>(count);
    if (count >= 0 || errno == EINTR) continue;
    full = errno == EAGAIN;
    gone_ = !full;
  }
  unread_.erase(0, written);
  if (gone_ || (ending_ && unread_.empty())) return close();
  loop_.change(pipe_.get(), unread_.empty() ? Loop::nothing : Loop::writable);
}

void Input::close() {
  gone_ = true;
  unread_.clear();
  if (!pipe_) return;
  loop_.unwatch(pipe_.get());
  pipe_.reset();
}

}  // namespace stagerun
