// Loop: waits for descriptors, timers and nothing else, on the one thread that owns it. Handlers
// run on that thread, may add and remove watches and timers (their own too), and must not block.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

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

  // What a watch waits for; a hang-up or an error wakes any of them but `nothing`.
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
  // In the order in which they were added, until removed; whoever adds one that refers to itself
  // removes it in its destructor.
  using TurnEndId = std::uint64_t;
  TurnEndId at_turn_end(std::function<void()> handler);
  void remove_turn_end(TurnEndId id);

  // Runs turns until `done()` holds; asked before each wait.
  void run_until(const std::function<bool()>& done);

  const Clock& clock() const { return clock_; }
  // How long until the next timer is due, or -1 where there is none.
  std::int64_t until_next_timer_ms() const;

 private:
  struct Watch {
    std::uint32_t interest;
    std::uint32_t generation;  // tells this watch from an earlier one of the same number
    std::function<void()> handler;
  };

  void control(int operation, int fd, const Watch& watch);
  void wake(int fd, std::uint32_t generation);
  void end_turn();
  void fire_timers();
  int wait_ms() const;

  const Clock& clock_;
  Fd epoll_;
  std::unordered_map<int, std::shared_ptr<Watch>> watches_;
  std::map<std::pair<std::int64_t, TimerId>, std::function<void()>> timers_;
  std::unordered_map<TimerId, std::int64_t> due_;
  std::map<TurnEndId, std::shared_ptr<std::function<void()>>> turn_ends_;
  TurnEndId next_turn_end_ = 1;
  TimerId next_timer_ = 1;
  std::uint32_t next_generation_ = 1;
};

}  // namespace stagerun
