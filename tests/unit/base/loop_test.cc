#include "core/base/loop.h"

#include <fcntl.h>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

namespace stagerun {
namespace {

// Stands still unless it is moved.
class StillClock final : public Clock {
 public:
  std::int64_t now_ms() const override { return at_ms; }
  std::int64_t monotonic_ms() const override { return at_ms; }
  std::int64_t at_ms = 1000;
};

class LoopTest : public testing::Test {
 protected:
  LoopTest() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    reader = Fd(ends[0]);
    writer = Fd(ends[1]);
  }
  void send() { EXPECT_EQ(::write(writer.get(), "x", 1), 1); }
  // Turns until this many have ended; a timer that is due keeps each from waiting.
  void turn(int count) {
    int turns = 0;
    loop.run_until([&] {
      loop.after(0, [] {});
      return ++turns > count;
    });
  }

  StillClock clock;
  Loop loop{clock};
  Fd reader;
  Fd writer;
  int calls = 0;
};

TEST_F(LoopTest, HandlerRunsWhileItsDescriptorIsReady) {
  loop.watch(reader.get(), Loop::readable, [&] { ++calls; });
  turn(2);
  EXPECT_EQ(calls, 0);
  send();
  turn(2);
  EXPECT_EQ(calls, 2);
  loop.unwatch(reader.get());
  turn(1);
  EXPECT_EQ(calls, 2);
}

TEST_F(LoopTest, HangUpWakesWhoeverWaitsForSomething) {
  loop.watch(reader.get(), Loop::readable, [&] { ++calls; });
  writer.reset();
  turn(1);
  EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, HangUpDoesNotWakeWhoWaitsForNothing) {
  loop.watch(reader.get(), Loop::readable, [&] { ++calls; });
  loop.change(reader.get(), Loop::nothing);
  send();
  writer.reset();
  turn(2);
  EXPECT_EQ(calls, 0);
  loop.change(reader.get(), Loop::readable);
  turn(1);
  EXPECT_EQ(calls, 1);
  loop.change(reader.get(), Loop::nothing);
  loop.unwatch(reader.get());
}

TEST_F(LoopTest, HandlerMayRemoveItself) {
  loop.watch(reader.get(), Loop::readable, [&] {
    loop.unwatch(reader.get());
    ++calls;
  });
  send();
  turn(3);
  EXPECT_EQ(calls, 1);
}

TEST_F(LoopTest, EventOfAnEarlierWatchIsNotTakenForANewOnes) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  Fd other_reader(ends[0]);
  Fd other_writer(ends[1]);
  // Both are ready in one turn. Whichever comes first puts a new, silent watch in the other's
  // place.
  int stale = 0;
  const auto replace = [&](int fd) {
    loop.unwatch(fd);
    loop.watch(fd, Loop::writable, [&] { ++stale; });
    ++calls;
  };
  loop.watch(reader.get(), Loop::readable, [&] { replace(other_reader.get()); });
  loop.watch(other_reader.get(), Loop::readable, [&] { replace(reader.get()); });
  send();
  ASSERT_EQ(::write(other_writer.get(), "x", 1), 1);
  turn(1);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(stale, 0);
}

TEST_F(LoopTest, TimersFireOnceInTheOrderInWhichTheyAreDue) {
  std::string order;
  loop.after(2, [&] { order += "b"; });
  loop.after(1, [&] { order += "a"; });
  loop.after(2, [&] { order += "c"; });
  turn(1);
  EXPECT_EQ(order, "");
  clock.at_ms += 2;
  turn(2);
  EXPECT_EQ(order, "abc");
}

TEST_F(LoopTest, CancelledTimerDoesNotFire) {
  Loop::TimerId second = 0;
  loop.after(1, [&] { loop.cancel(second); });
  second = loop.after(1, [&] { ++calls; });
  clock.at_ms += 5;
  turn(2);
  EXPECT_EQ(calls, 0);
  loop.cancel(second);
}

TEST_F(LoopTest, TimerThatRenewsItselfDoesNotHoldTheTurn) {
  std::function<void()> again = [&] {
    ++calls;
    loop.after(0, again);
  };
  loop.after(0, again);
  turn(3);
  EXPECT_EQ(calls, 3);
}

TEST_F(LoopTest, EachTurnEndsWithWhatAskedForIt) {
  std::string order;
  loop.at_turn_end([&] { order += "1"; });
  loop.at_turn_end([&] { order += "2"; });
  loop.after(0, [&] { order += "t"; });
  turn(1);
  EXPECT_EQ(order, "12t12");
}

TEST_F(LoopTest, TurnEndMayAddAnother) {
  loop.at_turn_end([&] {
    if (calls++ > 0) return;
    for (int i = 0; i < 100; ++i) loop.at_turn_end([&] { ++calls; });
  });
  turn(0);
  EXPECT_EQ(calls, 101);
}

TEST_F(LoopTest, TurnEndMayBeRemovedByItselfAndByAnother) {
  Loop::TurnEndId second = 0;
  Loop::TurnEndId first = 0;
  first = loop.at_turn_end([&] {
    ++calls;
    loop.remove_turn_end(second);
    loop.remove_turn_end(first);
  });
  second = loop.at_turn_end([&] { calls += 100; });
  turn(2);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace stagerun
