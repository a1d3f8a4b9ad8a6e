// Nobody gets away. Each test is a process of its own, with no child at its beginning.
#include "core/rehearsal/descendants.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "core/base/spawn.h"
#include "tests/unit/rehearsal/folder_case.h"

namespace stagerun::rehearsal {
namespace {

const Told kThree = {"one", "three", "two"};

class DescendantsTest : public FolderCase {
 protected:
  void SetUp() override {
    FolderCase::SetUp();
    ASSERT_TRUE(keep_descendants());
    ASSERT_TRUE(kill_descendants(clock_));
  }
  void TearDown() override { ASSERT_TRUE(kill_descendants(clock_)); }

  // Returns once the script and what it starts have written so many lines to `ready`.
  void start(const std::string& script, int lines = 1) {
    const fs::path pipe = work_ / "ready";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    const auto ready = open_file(pipe, O_RDWR);
    ASSERT_TRUE(ready);
    ASSERT_TRUE(spawn({{"sh", "-c", script}, own_environment(), work_, {}, false}));
    for (char line = 0; lines > 0; --lines) ASSERT_EQ(::read(ready->get(), &line, 1), 1);
  }
  static std::vector<std::string> programs() {
    std::vector<std::string> names;
    for (const Descendant& one : living_descendants()) {
      if (!one.argv.empty()) names.push_back(one.argv.back());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  void expect_all_ended() {
    const Status status = kill_descendants(clock_);
    EXPECT_TRUE(status) << status.error().text;
    EXPECT_TRUE(living_descendants().empty());
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  }

  SystemClock clock_;
};

TEST_F(DescendantsTest, WhoHasNoneHasNothingToEnd) { expect_all_ended(); }

TEST_F(DescendantsTest, GrandchildrenAndOrphansAreListedWithTheirArguments) {
  write("wait", "echo > ready; read nothing < never");
  ASSERT_EQ(::mkfifo((work_ / "never").c_str(), 0600), 0);
  start("sh wait one & setsid sh -c 'sh wait two & sh wait three &' & wait", 3);
  const auto names = programs();
  EXPECT_TRUE(std::includes(names.begin(), names.end(), kThree.begin(), kThree.end()));
  for (const Descendant& one : living_descendants()) EXPECT_TRUE(is_running(one.id));
  expect_all_ended();
}

TEST_F(DescendantsTest, DaemonThatLeftItsParentsAndItsSessionIsEnded) {
  start(
      "(setsid sh -c '(trap \"\" TERM HUP INT; echo > ready; while :; do sleep 1004; done) &' &)");
  EXPECT_FALSE(living_descendants().empty());
  expect_all_ended();
}

TEST_F(DescendantsTest, StoppedOneIsEnded) {
  start("echo > ready; kill -STOP $$");
  expect_all_ended();
}

TEST_F(DescendantsTest, WhoStartsOthersWithoutEndIsEndedWithThem) {
  // Each starts its successor and ends: there is always one, never the same.
  start(
      "cat > chain <<'END'\n[ \"$1\" = 50 ] && echo > ready\nsh chain $(($1 + 1)) &\nEND\n"
      "for i in 1 2 3 4; do sh chain $((i * 10)) & done");
  expect_all_ended();
  // It is the chain that ended, not its number.
  EXPECT_TRUE(programs().empty());
}

TEST_F(DescendantsTest, ZombieDoesNotLive) {
  start("echo > ready");
  const auto is_over = [] {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0;
  };
  ASSERT_TRUE(is_over());
  EXPECT_TRUE(living_descendants().empty());
  expect_all_ended();
}

TEST_F(DescendantsTest, WhoCannotBeEndedIsNamed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can start what it may not end";
  write("wait", "echo > ready; read nothing < never");
  ASSERT_EQ(::mkfifo((work_ / "never").c_str(), 0600), 0);
  start("exec sh wait");
  ASSERT_EQ(::setresuid(12345, 12345, 0), 0);
  const Status status = kill_descendants(clock_, 20);
  ASSERT_EQ(::setresuid(0, 0, 0), 0);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::busy);
  EXPECT_EQ(status.error().text, "processes of the rehearsal cannot be ended: " +
                                     std::to_string(living_descendants().at(0).id.pid) + " (sh)");
  expect_all_ended();
}

}  // namespace
}  // namespace stagerun::rehearsal
