#include <sys/wait.h>

#include "core/base/linux.h"
#include "tests/unit/broker/broker_fixture.h"

namespace stagerun {
namespace {

class ServiceTest : public BrokerTest {
 protected:
  ~ServiceTest() override {
    for (const pid_t pid : started) ::kill(-pid, SIGKILL);
    for (const pid_t pid : started) ::waitpid(pid, nullptr, 0);
  }
  pid_t start_service(const std::string& script) {
    const Value event = run(shell(script, R"({"id": "web", "leaves_running": true})"));
    EXPECT_EQ(event.text_or("event"), "running");
    started.push_back(static_cast<pid_t>(event.integer_or("pid", 0)));
    return started.back();
  }
  bool is_alive() { return run(json(R"({"alive": "web"})")).boolean_or("running", false); }
  Value stop(std::int64_t grace_ms = 5000) {
    return run(json(R"({"stop": "web", "purpose": "p"})").set("grace_ms", Value(grace_ms)));
  }
  std::filesystem::path lock() const { return run_folder / "services/deploy@web.lock"; }

  std::vector<pid_t> started;
};

const Value kWasRunning = json(R"({"event": "stopped", "was_running": true})");
const Value kWasNot = json(R"({"event": "stopped", "was_running": false})");

TEST_F(ServiceTest, IsDurablyJournaledBeforeItIsToldOf) {
  start_service("exec sleep 60");
  EXPECT_EQ(journal.order, (std::vector<std::string>{"effect_intended", "sync", "process_started",
                                                     "sync", "effect_settled"}));
  EXPECT_TRUE(journal.all<ProcessStarted>().front().leaves_running);
}

TEST_F(ServiceTest, LivesUntilItIsStopped) {
  const pid_t pid = start_service("exec sleep 60");
  EXPECT_TRUE(is_alive());
  EXPECT_EQ(stop(), kWasRunning);
  EXPECT_FALSE(identify(pid));
  EXPECT_FALSE(is_alive());
  EXPECT_EQ(stop(), kWasNot);
}

TEST_F(ServiceTest, OutlivesItsBrokerAndIsFoundByTheNext) {
  const pid_t pid = start_service("exec sleep 60");
  restart();
  ASSERT_TRUE(identify(pid));
  scope.verb = Verb::rollback;
  scope.key = "run/deploy/rollback";
  EXPECT_TRUE(is_alive());
  EXPECT_EQ(stop(), kWasRunning);
  EXPECT_FALSE(identify(pid));
}

TEST_F(ServiceTest, IsFoundByItsJournaledPidToo) {
  const pid_t pid = start_service("exec 5>&-; exec sleep 60");
  poll_until([&] { return holders_of(lock()).empty(); });
  EXPECT_FALSE(is_alive());
  const auto record = journal.all<ProcessStarted>().front();
  scope.services = {{record.key, record.pid, record.start_ticks}};
  EXPECT_TRUE(is_alive());
  EXPECT_EQ(stop(), kWasRunning);
  EXPECT_FALSE(identify(pid));
}

TEST_F(ServiceTest, ReusedPidIsNeverTouched) {
  const pid_t pid = start_service("exec 5>&-; exec sleep 60");
  poll_until([&] { return holders_of(lock()).empty(); });
  const auto record = journal.all<ProcessStarted>().front();
  scope.services = {{record.key, record.pid, record.start_ticks - 1}};
  EXPECT_FALSE(is_alive());
  EXPECT_EQ(stop(), kWasNot);
  EXPECT_TRUE(identify(pid));
}

TEST_F(ServiceTest, OtherIdsAreNotMeant) {
  start_service("exec sleep 60");
  EXPECT_EQ(run(json(R"({"stop": "eb", "purpose": "p"})")), kWasNot);
  EXPECT_TRUE(is_alive());
}

TEST_F(ServiceTest, ThatIgnoresTermIsKilled) {
  start_service("trap '' TERM; echo up; while :; do sleep 1; done");
  poll_until(
      [&] { return std::filesystem::file_size(run_folder / "services/deploy@web.log") > 0; });
  EXPECT_EQ(stop(50), kWasRunning);
  EXPECT_FALSE(is_alive());
}

TEST_F(ServiceTest, StopThatIsGivenUpDoesNotKill) {
  const pid_t pid = start_service("trap '' TERM; echo up; while :; do sleep 1; done");
  poll_until(
      [&] { return std::filesystem::file_size(run_folder / "services/deploy@web.log") > 0; });
  broker->start(scope, sink, 99, "process/1", json(R"({"stop": "web", "purpose": "p"})"));
  bool began = false;
  loop->after(20, [&] { began = true; });
  run_until([&] { return began; });
  broker->cancel_all(sink, true);
  run_until([&] { return !sink.last(99).is_null(); });
  EXPECT_EQ(sink.last(99).text_or("event"), "cancelled");
  EXPECT_TRUE(identify(pid));
}

TEST_F(ServiceTest, StopEndsItsWholeFamily) {
  start_service("sleep 61 & sleep 62 & wait");
  poll_until([&] { return holders_of(lock()).size() == 3; });
  EXPECT_EQ(stop(), kWasRunning);
  EXPECT_TRUE(holders_of(lock()).empty());
}

TEST_F(ServiceTest, CancelAllLeavesItRunning) {
  start_service("exec sleep 60");
  broker->cancel_all(sink, true);
  EXPECT_TRUE(is_alive());
}

TEST_F(ServiceTest, HoldsNotTheRunsLockButItsOwn) {
  lock_fd = *open_file(run_folder / "children.lock", O_RDWR | O_CREAT);
  ASSERT_EQ(::flock(lock_fd.get(), LOCK_SH), 0);
  restart();
  start_service("exec sleep 60");
  EXPECT_TRUE(holders_of(run_folder / "children.lock").empty());
  EXPECT_EQ(holders_of(lock()).size(), 1u);
}

TEST_F(ServiceTest, OutputGoesToAFileOfTheRun) {
  start_service("echo out; echo err >&2; exec sleep 60");
  const auto log = run_folder / "services/deploy@web.log";
  poll_until([&] { return *read_file(log, 100) == "out\nerr\n"; });
}

TEST_F(ServiceTest, ThatEndsByItselfIsNoLongerAliveAndReaped) {
  const pid_t pid = start_service("exit 1");
  poll_until([&] { return ::kill(pid, 0) != 0; });
  EXPECT_FALSE(is_alive());
  started.clear();
}

TEST_F(ServiceTest, ThatCannotBeJournaledDoesNotStay) {
  journal.syncs_left = 1;
  const Value event = run(shell("exec sleep 60", R"({"id": "web", "leaves_running": true})"));
  EXPECT_EQ(event.text_or("code"), "effect.journal");
  EXPECT_TRUE(event.boolean_or("may_have_happened", false));
  poll_until([&] { return holders_of(lock()).empty(); });
}

}  // namespace
}  // namespace stagerun
