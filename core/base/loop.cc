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

void Loop::control(int operation, int fd, const Watch& watch) {
  epoll_event event{};
  event.events = watch.interest;
  event.data.u64 = std::uint64_t{watch.generation} << 32 | static_cast<std::uint32_t>(fd);
  CHECK(::epoll_ctl(epoll_.get(), operation, fd, &event) == 0);
}

void Loop::watch(int fd, std::uint32_t interest, std::function<void()> handler) {
  CHECK(!watches_.contains(fd));
  auto watch = std::make_shared<Watch>(Watch{interest, next_generation_++, std::move(handler)});
  if (interest != nothing) control(EPOLL_CTL_ADD, fd, *watch);
  watches_[fd] = std::move(watch);
}

// The kernel reports a hang-up even where no event is asked for, turn after turn: who waits for
// nothing must not be registered at all.
void Loop::change(int fd, std::uint32_t interest) {
  Watch& watch = *watches_.at(fd);
  if (watch.interest == interest) return;
  const std::uint32_t before = std::exchange(watch.interest, interest);
  if (interest == nothing) {
    control(EPOLL_CTL_DEL, fd, watch);
  } else {
    control(before == nothing ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, watch);
  }
}

void Loop::unwatch(int fd) {
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return;
  if (found->second->interest != nothing) control(EPOLL_CTL_DEL, fd, *found->second);
  watches_.erase(found);
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

Loop::TurnEndId Loop::at_turn_end(std::function<void()> handler) {
  turn_ends_.emplace(next_turn_end_, std::make_shared<std::function<void()>>(std::move(handler)));
  return next_turn_end_++;
}

void Loop::remove_turn_end(TurnEndId id) { turn_ends_.erase(id); }

// Handlers may add and remove any of them, themselves too.
void Loop::end_turn() {
  for (auto at = turn_ends_.begin(); at != turn_ends_.end();) {
    const TurnEndId id = at->first;
    const auto keep = at->second;
    (*keep)();
    at = turn_ends_.upper_bound(id);
  }
}

// A timer that a handler adds waits for the next turn, even where it is due at once: else a clock
// that stands still would never let go of us.
void Loop::fire_timers() {
  const std::int64_t now = clock_.monotonic_ms();
  const TimerId fresh = next_timer_;
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    if (timers_.begin()->first.second >= fresh) return;
    auto node = timers_.extract(timers_.begin());
    due_.erase(node.key().second);
    node.mapped()();
  }
}

std::int64_t Loop::until_next_timer_ms() const {
  if (timers_.empty()) return -1;
  return std::max<std::int64_t>(timers_.begin()->first.first - clock_.monotonic_ms(), 0);
}

int Loop::wait_ms() const {
  return static_cast<int>(std::min<std::int64_t>(until_next_timer_ms(), INT_MAX));
}

// An event may be of a watch that an earlier handler of this turn removed or stopped, and its
// number may have been given to another since.
void Loop::wake(int fd, std::uint32_t generation) {
  const auto found = watches_.find(fd);
  if (found == watches_.end() || found->second->generation != generation) return;
  if (found->second->interest == nothing) return;
  const std::shared_ptr<Watch> keep = found->second;
  keep->handler();
}

void Loop::run_until(const std::function<bool()>& done) {
  std::array<epoll_event, 64> events{};
  for (;;) {
    end_turn();
    if (done()) return;
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_ms());
    CHECK(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t data = events[static_cast<std::size_t>(i)].data.u64;
      wake(static_cast<int>(data & UINT32_MAX), static_cast<std::uint32_t>(data >> 32));
    }
    fire_timers();
  }
}

}  // namespace stagerun
