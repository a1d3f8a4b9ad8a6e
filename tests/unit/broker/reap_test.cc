#include "core/broker/reap.h"

#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/base/spawn.h"
#include "tests/support/temp_folder.h"

namespace stagerun {
namespace {

// A second passes with each look at it.
class HastyClock final : public Clock {
 public:
  std::int64_t now_ms() const override { return monotonic_ms(); }
  std::int64_t monotonic_ms() const override { return at_ms_ += 1000; }

 private:
  mutable std::int64_t at_ms_ = 0;
};

// A child of a host that is dead: it holds the run's lock, as far as anybody can see.
class ReapTest : public testing::Test {
 protected:
  ~ReapTest() override {
    for (const pid_t pid : orphans) ::kill(-pid, SIGKILL);
    for (const pid_t pid : orphans) ::waitpid(pid, nullptr, 0);
  }
  // `up` appears once the script has come so far.
  pid_t orphan(const std::string& script, bool with_lock = true) {
    const Fd lock = *open_file(file, O_RDWR | O_CREAT);
    EXPECT_EQ(::flock(lock.get(), LOCK_SH), 0);
    SpawnOptions options;
    options.argv = {"/bin/sh", "-c", script};
    options.environment = own_environment();
    options.cwd = folder.path();
    if (with_lock) options.descriptors = {{lock.get(), 5}};
    orphans.push_back(*spawn(options));
    while (script.find("> up") != std::string::npos && !std::filesystem::exists(folder / "up")) {
      ::usleep(1000);
    }
    return orphans.back();
  }
  Result<Fd> reap(const std::vector<ProcessId>& journaled = {}, std::int64_t grace_ms = 5000) {
    return reap_run(folder.path(), journaled, clock, grace_ms);
  }

  support::TempFolder folder;
  std::filesystem::path file = folder / "children.lock";
  SystemClock clock;
  std::vector<pid_t> orphans;
};

TEST_F(ReapTest, NothingLeftBehindGivesTheLockAtOnce) {
  const Result<Fd> lock = reap();
  ASSERT_TRUE(lock);
  const Fd other = *open_file(file, O_RDWR);
  EXPECT_NE(::flock(other.get(), LOCK_SH | LOCK_NB), 0);
}

TEST_F(ReapTest, OrphanThatHoldsTheLockIsEnded) {
  const pid_t pid = orphan("exec sleep 60");
  EXPECT_TRUE(reap());
  EXPECT_FALSE(identify(pid));
}

TEST_F(ReapTest, OrphanGetsTermAndTime) {
  orphan("trap 'echo bye > said; exit' TERM; echo x > up; while :; do sleep 0.01; done");
  EXPECT_TRUE(reap());
  EXPECT_TRUE(std::filesystem::exists(folder / "said"));
}

TEST_F(ReapTest, OrphanThatIgnoresTermIsKilled) {
  const pid_t pid = orphan("trap '' TERM; echo x > up; while :; do sleep 1; done");
  EXPECT_TRUE(reap({}, 30));
  EXPECT_FALSE(identify(pid));
}

TEST_F(ReapTest, JournaledProcessWithoutTheLockIsEnded) {
  const pid_t pid = orphan("exec sleep 60", false);
  const auto process = identify(pid);
  ASSERT_TRUE(process);
  EXPECT_TRUE(reap({*process}));
  EXPECT_FALSE(identify(pid));
}

TEST_F(ReapTest, ReusedPidIsLeftAlone) {
  const pid_t pid = orphan("exec sleep 60", false);
  EXPECT_TRUE(reap({{pid, identify(pid)->start_ticks - 1}}));
  EXPECT_TRUE(identify(pid));
}

TEST_F(ReapTest, WhoMerelyReadsTheLockFileIsLeftAlone) {
  const pid_t pid = orphan("exec 6<children.lock; echo x > up; exec sleep 60", false);
  EXPECT_TRUE(reap());
  EXPECT_TRUE(identify(pid));
}

TEST_F(ReapTest, WeAreNeverAmongThem) {
  const Fd ours = *open_file(file, O_RDWR | O_CREAT);
  ASSERT_EQ(::flock(ours.get(), LOCK_SH), 0);
  const HastyClock hasty;
  const Result<Fd> lock = reap_run(folder.path(), {*identify(::getpid())}, hasty, 5000);
  ASSERT_FALSE(lock);
  EXPECT_EQ(lock.error().code, ErrorCode::busy);
}

}  // namespace
}  // namespace stagerun
