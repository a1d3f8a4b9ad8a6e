// Death and decay: a plugin that ends badly ends only its worker, one that tries to get out stays
// in, and one that leaves something behind is retired.
#include <chrono>
#include <csignal>
#include <sys/wait.h>
#include <thread>

#include <gtest/gtest.h>

#include "tests/unit/worker/test_host.h"

namespace stagerun {
namespace {

// How the worker ended: "signal 11", "exit 0", "runs".
std::string end_after(const std::string& how) {
  TestHost host(test_plugin_file("crash"));
  const TestOutcome outcome =
      host.run({.stage_type = "crash", .config = R"({"how":")" + how + R"("})"});
  if (outcome.done) return "done";
  const auto status = host.wait_for_end();
  if (!status) return "runs";
  if (WIFSIGNALED(*status)) return "signal " + std::to_string(WTERMSIG(*status));
  return "exit " + std::to_string(WEXITSTATUS(*status));
}

TEST(Death, AbortIsTheWorkersEnd) { EXPECT_EQ(end_after("abort"), "signal 6"); }

TEST(Death, ExitIsTheWorkersEnd) {
  EXPECT_EQ(end_after("exit0"), "exit 0");
  EXPECT_EQ(end_after("exit1"), "exit 1");
}

TEST(Death, ExceptionThroughNoexceptIsAnAbort) { EXPECT_EQ(end_after("throw"), "signal 6"); }

TEST(Death, BadPointerIsTheWorkersEnd) { EXPECT_EQ(end_after("segv"), "signal 11"); }

TEST(Death, CheckpointArrivesBeforeTheCrash) {
  TestHost host(test_plugin_file("crash"));
  const TestOutcome outcome = host.run({.stage_type = "crash", .config = R"({"how":"abort"})"});
  EXPECT_FALSE(outcome.done);
  EXPECT_EQ(outcome.checkpoints, std::vector<std::string>{"before the crash"});
}

TEST(Death, ClosedSocketEndsAnIdleWorker) {
  TestHost host(test_plugin_file("calls"));
  ASSERT_TRUE(host.first_message().has_value());
  host.close_socket();
  EXPECT_EQ(host.wait_for_end(), 0);
}

TEST(Death, GarbageFromTheHostEndsTheWorker) {
  TestHost host(test_plugin_file("calls"));
  ASSERT_TRUE(host.first_message().has_value());
  wire::Message garbage{wire::Type::call, 0, 0, 0, {}};
  garbage.fields.emplace_back(std::string(9u << 20, 'x'));
  host.send(garbage);
  const auto status = host.wait_for_end();
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(WEXITSTATUS(*status), 3);
}

TEST(Death, WorkerOfAnotherParentDoesNotStart) {
  // The host's pid is told wrongly: as if the host had died and somebody else were the parent.
  const std::string command = from_environment("STAGERUN_WORKER").string() + " " +
                              test_plugin_file("calls").string() + " 1";
  const int status = std::system((command + " 3</dev/null 4</dev/null").c_str());
  EXPECT_EQ(WEXITSTATUS(status), 2);
}

TEST(Sandbox, EveryWayOutIsShutAndWorkStillWorks) {
  const ScratchFolder scratch;
  TestHost host(test_plugin_file("escape"));
  const TestOutcome outcome =
      host.run({.stage_type = "escape", .scratch = scratch.path().string()});
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.status, 0) << outcome.fail_text;
  EXPECT_EQ(scratch.read("escape"), "x");
}

class Leftovers : public testing::TestWithParam<const char*> {};

TEST_P(Leftovers, RetireTheWorker) {
  TestHost host(test_plugin_file("litter"));
  const auto leave = [&](const std::string& what) {
    return host.run({.stage_type = "litter", .config = R"({"what":")" + what + R"("})"});
  };
  EXPECT_TRUE(leave("nothing").done);
  const TestOutcome outcome = leave(GetParam());
  EXPECT_EQ(outcome.status, 0);
  // Whether the next call came before it knew or after: it is not begun.
  EXPECT_TRUE(leave("nothing").resigned);
}

INSTANTIATE_TEST_SUITE_P(Each, Leftovers,
                         testing::Values("thread", "descriptor", "directory", "environment",
                                         "umask", "signal"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace stagerun
