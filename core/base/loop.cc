#include "core/base/loop.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <sys/epoll.h>

#include "core/base/check.h"

namespace stagerun {

Loop::Loop(const Clock& clock) : clock_(clock), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  CHECK(static_cast<bool>(epoll_));
}

Loop::~Loop() = default;

void Loop::watch(int fd, std::uint32_t interest, std::function<void()> handler) {
  epoll_event event{};
  event.events = interest;
  event.data.fd = fd;
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
  watches_[fd] = std::make_shared<Watch>(Watch{interest, std::move(handler)});
}

void Loop::change(int fd, std::uint32_t interest) {
  Watch& watch = *watches_.at(fd);
  if (watch.interest == interest) return;
  watch.interest = interest;
  epoll_event event{};
  event.events = interest;
  event.data.fd = fd;
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0);
}

void Loop::unwatch(int fd) {
  if (watches_.erase(fd) == 0) return;
  CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr) == 0);
}

Loop::TimerId Loop::after(std::int64_t delay_ms, std::function<void()> handler) {
  const TimerId id = next_timer_++;
  const std::int64_t due = clock_.monotonic_ms() + std::max<std::int64_t>(delay_ms, 0);
  timers_.emplace(std::pair{due, id}, std::move(handler));
  due_.emplace(id, due);
  return id;
}

void Loop::cancel(TimerId timer) {
  const auto found = due_.find(timer);
  if (found == due_.end()) return;
  timers_.erase({found->second, timer});
  due_.erase(found);
}

void Loop::at_turn_end(std::function<void()> handler) { turn_ends_.push_back(std::move(handler)); }

void Loop::fire_timers() {
  const std::int64_t now = clock_.monotonic_ms();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    auto node = timers_.extract(timers_.begin());
    due_.erase(node.key().second);
    node.mapped()();
  }
}

int Loop::wait_ms() const {
  if (timers_.empty()) return -1;
  const std::int64_t left = timers_.begin()->first.first - clock_.monotonic_ms();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
}

void Loop::run_until(const std::function<bool()>& done) {
  std::array<epoll_event, 64> events{};
  for (;;) {
    for (const auto& handler : turn_ends_) handler();
    if (done()) return;
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_ms());
    CHECK(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; ++i) {
      const auto found = watches_.find(events[static_cast<std::size_t>(i)].data.fd);
      if (found == watches_.end()) continue;  // removed by an earlier handler of this turn
      const std::shared_ptr<Watch> keep = found->second;
      keep->handler();
    }
    fire_timers();
  }
}

}  // namespace stagerun
