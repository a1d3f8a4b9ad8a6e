#include <poll.h>
#include <sys/stat.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "tests/unit/broker/broker_fixture.h"

namespace stagerun {
namespace {

using Texts = std::vector<std::string>;

class ProcessTest : public BrokerTest {
 protected:
  // Starts it and waits for its first line.
  void start_and_hear(const Value& request) {
    broker->start(scope, sink, 1, "process/1", request);
    run_until([&] { return !sink.lines().empty(); });
  }
  std::string written(const std::string& name) const {
    return read_file(scope.workspace / name, 1 << 20).has_value()
               ? *read_file(scope.workspace / name, 1 << 20)
               : "(none)";
  }
};

TEST_F(ProcessTest, ExitStatusIsTold) {
  EXPECT_EQ(run(shell("exit 0")), json(R"({"event": "exited", "status": 0, "tail": ""})"));
  EXPECT_EQ(run(shell("exit 42")).integer_or("status", -1), 42);
}

TEST_F(ProcessTest, DeathBySignalIsTold) {
  const Value event = run(shell("kill -9 $$"));
  EXPECT_EQ(event.integer_or("signal", 0), 9);
  EXPECT_EQ(event.find("status"), nullptr);
}

TEST_F(ProcessTest, StartIsToldAndJournaled) {
  run(shell("true"));
  const std::int64_t pid = sink.told.front().event.integer_or("pid", 0);
  EXPECT_EQ(sink.told.front().event.text_or("event"), "started");
  EXPECT_EQ(journal.all<ProcessStarted>().front().pid, pid);
  EXPECT_FALSE(journal.all<ProcessStarted>().front().leaves_running);
}

TEST_F(ProcessTest, LinesComeAsEventsInOrder) {
  const Value event = run(shell("echo one; echo two; printf three", R"({"output": "lines"})"));
  EXPECT_EQ(sink.lines(), (Texts{"one", "two", "three"}));
  EXPECT_EQ(event.text_or("tail"), "one\ntwo\nthree");
  EXPECT_TRUE(sink.log.empty());
}

TEST_F(ProcessTest, OutputGoesToTheLogUnlessAskedFor) {
  run(shell("echo out; echo err >&2"));
  std::sort(sink.log.begin(), sink.log.end());
  EXPECT_EQ(sink.log, (Texts{"stderr: err", "stdout: out"}));
  EXPECT_TRUE(sink.lines().empty());
}

TEST_F(ProcessTest, OutputThatIsNoTextIsMadeText) {
  const Value event = run(shell(R"(printf 'a\377b\r\n\000\n')", R"({"output": "lines"})"));
  EXPECT_EQ(sink.lines(), (Texts{"a\xEF\xBF\xBD"
                                 "b",
                                 std::string(1, '\0')}));
  EXPECT_TRUE(is_utf8(event.text_or("tail")));
}

TEST_F(ProcessTest, HugeOutputArrivesWhole) {
  const Value event =
      run(shell("head -c 20000000 /dev/zero | tr '\\0' x; echo end", R"({"output": "lines"})"));
  std::size_t bytes = 0;
  for (const std::string& line : sink.lines()) bytes += line.size();
  EXPECT_EQ(bytes, 20'000'003u);
  EXPECT_TRUE(event.text_or("tail").ends_with("end\n"));
}

TEST_F(ProcessTest, OutputOfNoneIsDropped) {
  const Value event = run(shell("echo out; echo err >&2", R"({"output": "none"})"));
  EXPECT_EQ(event.text_or("tail"), "");
  EXPECT_TRUE(sink.log.empty());
}

TEST_F(ProcessTest, OutputToAFileLandsInScratch) {
  const char* members = R"({"output": "file", "output_file": "dump"})";
  ASSERT_TRUE(write_file(scope.scratch / "dump", "something longer that was there before"));
  run(shell("printf data; echo err >&2", members));
  EXPECT_EQ(*read_file(scope.scratch / "dump", 100), "data");
  EXPECT_EQ(sink.log, Texts{"stderr: err"});
  EXPECT_EQ(std::filesystem::status(scope.scratch / "dump").permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(ProcessTest, OutputFileThatIsNoPlainFileIsLeftAlone) {
  const char* members = R"({"output": "file", "output_file": "dump"})";
  ASSERT_TRUE(write_file(folder / "precious", "precious"));
  const auto try_with = [&](auto&& plant) {
    std::filesystem::remove(scope.scratch / "dump");
    plant(scope.scratch / "dump");
    EXPECT_EQ(run(shell("echo x", members)).text_or("code"), "process.start");
    EXPECT_EQ(*read_file(folder / "precious", 100), "precious");
  };
  try_with([&](const auto& at) { std::filesystem::create_symlink(folder / "precious", at); });
  try_with([&](const auto& at) { std::filesystem::create_hard_link(folder / "precious", at); });
  try_with([&](const auto& at) { ASSERT_EQ(::mkfifo(at.c_str(), 0600), 0); });
}

TEST_F(ProcessTest, OutputWithoutEndStopsWhileNobodyTakesIt) {
  start_and_hear(shell("yes", R"({"output": "lines"})"));
  sink.congested = true;
  int turns = 0;
  const auto idle = [&] { loop->after(20, [&] { ++turns; }); };
  idle();
  run_until([&] { return turns == 1; });
  const std::size_t before = sink.told.size();
  idle();
  run_until([&] { return turns == 2; });
  EXPECT_EQ(sink.told.size(), before);
  sink.congested = false;
  run_until([&] { return sink.told.size() > before + 100'000; });
  broker->cancel_all(sink, true);
  run_until([&] { return sink.lasts == 1; });
}

TEST_F(ProcessTest, ReceiverThatCatchesUpUnseenIsNoticed) {
  start_and_hear(shell("echo up; sleep 0.02; echo more", R"({"output": "lines"})"));
  sink.congested = true;
  // Later in each turn than the broker looks.
  int turns = 0;
  loop->at_turn_end([&] { sink.congested = sink.congested && ++turns < 3; });
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.lines(), (Texts{"up", "more"}));
}

TEST_F(ProcessTest, EndedWhileNobodyTookItsOutputNothingIsLost) {
  broker->start(scope, sink, 1, "process/1",
                shell("for i in 1 2 3; do echo $i; done", R"({"output": "lines"})"));
  sink.congested = true;
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.lines(), (Texts{"1", "2", "3"}));
}

TEST_F(ProcessTest, GrandchildThatHoldsThePipeIsNotWaitedForAndKilled) {
  run(shell("sleep 60 & echo $! > child; echo done", R"({"output": "lines"})"));
  EXPECT_EQ(sink.lines(), Texts{"done"});
  const auto child = static_cast<pid_t>(std::stol(written("child")));
  poll_until([&] { return !identify(child); });
}

TEST_F(ProcessTest, CancelSendsTermFirst) {
  start_and_hear(shell("trap 'echo bye > said; exit 0' TERM; echo up; while :; do sleep 0.01; done",
                       R"({"output": "lines"})"));
  broker->cancel(sink, 1);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1), json(R"({"event": "cancelled", "may_have_happened": true})"));
  EXPECT_EQ(written("said"), "bye\n");
}

TEST_F(ProcessTest, CancelKillsWhoIgnoresTerm) {
  const Value request = shell("trap '' TERM; echo up; while :; do sleep 1; done",
                              R"({"output": "lines", "grace_ms": 50})");
  start_and_hear(request);
  const std::int64_t began = clock.monotonic_ms();
  broker->cancel(sink, 1);
  broker->cancel(sink, 1);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1).text_or("event"), "cancelled");
  EXPECT_GE(clock.monotonic_ms() - began, 50);
}

TEST_F(ProcessTest, CancelAtOnceDoesNotWait) {
  start_and_hear(shell("trap '' TERM; echo up; while :; do sleep 1; done",
                       R"({"output": "lines", "grace_ms": 60000})"));
  broker->cancel_all(sink, false);
  broker->cancel_all(sink, true);
  run_until([&] { return broker->under_way(sink) == 0; });
  EXPECT_EQ(sink.last(1).text_or("event"), "cancelled");
}

TEST_F(ProcessTest, CancelOfARead) {
  scope.grants.read_prefixes = {{"/bin/sh"}};
  start_and_hear(shell("echo up; sleep 60", R"({"output": "lines"})"));
  broker->cancel(sink, 1);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_FALSE(sink.last(1).boolean_or("may_have_happened", true));
}

TEST_F(ProcessTest, CancelAfterTheEndChangesNothing) {
  broker->start(scope, sink, 1, "process/1", shell("exit 4"));
  run_until([&] { return !sink.told.empty(); });
  const Fd end = open_pidfd(static_cast<pid_t>(sink.told.front().event.integer_or("pid", 0)));
  pollfd wait{end.get(), POLLIN, 0};
  ASSERT_EQ(::poll(&wait, 1, 10'000), 1);
  broker->cancel(sink, 1);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1).integer_or("status", -1), 4);
}

TEST_F(ProcessTest, SignalsReachTheGroup) {
  start_and_hear(
      shell("trap 'exit 7' USR1; echo up; while :; do sleep 0.01; done", R"({"output": "lines"})"));
  broker->signal(sink, 1, SIGSTOP);  // not one of those that may be sent
  broker->signal(sink, 1, SIGUSR1);
  broker->signal(sink, 99, SIGKILL);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1).integer_or("status", -1), 7);
}

TEST_F(ProcessTest, InputIsWrittenAndClosed) {
  broker->start(scope, sink, 1, "process/1", shell("cat", R"({"output": "lines", "stdin": true})"));
  broker->write(sink, 1, "one\ntw");
  broker->write(sink, 1, "o\n");
  broker->write(sink, 1, "");
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.lines(), (Texts{"one", "two"}));
  EXPECT_EQ(sink.last(1).integer_or("status", -1), 0);
}

TEST_F(ProcessTest, LargeInputGoesThroughWithoutBlocking) {
  broker->start(scope, sink, 1, "process/1",
                shell("wc -c", R"({"output": "lines", "stdin": true})"));
  for (int i = 0; i < 4; ++i) broker->write(sink, 1, std::string(1 << 20, 'x'));
  broker->write(sink, 1, "");
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.lines(), Texts{"4194304"});
}

TEST_F(ProcessTest, InputThatNobodyReadsIsBounded) {
  start_and_hear(shell("echo up; sleep 60", R"({"output": "lines", "stdin": true})"));
  for (int i = 0; i < 18; ++i) broker->write(sink, 1, std::string(1 << 20, 'x'));
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1).text_or("code"), "process.input");
}

TEST_F(ProcessTest, ClosedInputIsTheProcessesOwnAffair) {
  start_and_hear(shell("exec <&-; echo up; sleep 0.05", R"({"output": "lines", "stdin": true})"));
  broker->write(sink, 1, "nobody reads this");
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1).integer_or("status", -1), 0);
}

TEST_F(ProcessTest, WithoutStdinTheInputIsEmpty) {
  EXPECT_EQ(run(shell("cat")).integer_or("status", -1), 0);
}

TEST_F(ProcessTest, WhatCannotBeStartedHasNotHappened) {
  const Value gone = run(json(R"({"argv": ["no-such-program"], "purpose": "p"})"));
  EXPECT_EQ(gone.text_or("code"), "process.start");
  EXPECT_FALSE(gone.boolean_or("may_have_happened", true));
  EXPECT_EQ(run(Value(shell("true")).set("cwd", "missing")).text_or("code"), "process.start");
  EXPECT_TRUE(journal.all<ProcessStarted>().empty());
}

TEST_F(ProcessTest, OrdinaryProcessHoldsTheRunsLock) {
  lock_fd = *open_file(run_folder / "children.lock", O_RDWR | O_CREAT);
  ASSERT_EQ(::flock(lock_fd.get(), LOCK_SH), 0);
  restart();
  start_and_hear(shell("echo up; exec sleep 60", R"({"output": "lines"})"));
  const auto holders = holders_of(run_folder / "children.lock");
  ASSERT_EQ(holders.size(), 1u);
  EXPECT_EQ(holders.front().pid, sink.told.front().event.integer_or("pid", 0));
}

}  // namespace
}  // namespace stagerun
