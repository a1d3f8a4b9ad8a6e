// Loop: waits for descriptors, timers and nothing else, on the one thread that owns it. Handlers
// run on that thread, may add and remove watches and timers (their own too), and must not block.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fd.h"

namespace stagerun {

class Loop {
 public:
  // `clock` must outlive the loop.
  explicit Loop(const Clock& clock);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // What a watch waits for; a hang-up or an error wakes any of them.
  enum Interest : std::uint32_t { nothing = 0, readable = 1, writable = 4 };

  // Calls `handler` while `fd` is ready. One watch a descriptor. Unwatch before closing it: a copy
  // held by a child would keep the registration alive.
  void watch(int fd, std::uint32_t interest, std::function<void()> handler);
  void change(int fd, std::uint32_t interest);
  void unwatch(int fd);

  using TimerId = std::uint64_t;
  // Calls `handler` once, `delay_ms` from now.
  TimerId after(std::int64_t delay_ms, std::function<void()> handler);
  // Nothing happens where it has fired already.
  void cancel(TimerId timer);

  // Calls `handler` at the end of each turn, before waiting: the place for work that many events of
  // one turn share, such as one sync for all of their intents.
  void at_turn_end(std::function<void()> handler);

  // Runs turns until `done()` holds; asked before each wait.
  void run_until(const std::function<bool()>& done);

  const Clock& clock() const { return clock_; }

 private:
  struct Watch {
    std::uint32_t interest;
    std::function<void()> handler;
  };

  void fire_timers();
  int wait_ms() const;

  const Clock& clock_;
  Fd epoll_;
  std::unordered_map<int, std::shared_ptr<Watch>> watches_;
  std::map<std::pair<std::int64_t, TimerId>, std::function<void()>> timers_;
  std::unordered_map<TimerId, std::int64_t> due_;
  std::vector<std::function<void()>> turn_ends_;
  TimerId next_timer_ = 1;
};

}  // namespace stagerun
