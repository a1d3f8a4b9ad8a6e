#include "core/base/linux.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/base/spawn.h"
#include "tests/support/temp_folder.h"

namespace stagerun {
namespace {

class LinuxTest : public testing::Test {
 protected:
  ~LinuxTest() override {
    for (const pid_t pid : children) ::kill(-pid, SIGKILL);
    for (const pid_t pid : children) ::waitpid(pid, nullptr, 0);
  }
  pid_t child(const std::string& program, std::vector<std::pair<int, int>> descriptors = {}) {
    SpawnOptions options;
    options.argv = {"/bin/sh", "-c", program};
    options.environment = own_environment();
    options.descriptors = std::move(descriptors);
    children.push_back(*spawn(options));
    return children.back();
  }
  static bool ends(pid_t pid) {
    const Fd end = open_pidfd(pid);
    pollfd wait{end.get(), POLLIN, 0};
    return ::poll(&wait, 1, 10'000) == 1;
  }

  support::TempFolder folder;
  std::vector<pid_t> children;
};

TEST_F(LinuxTest, ProcessIsIdentifiedWhileItRuns) {
  const pid_t pid = child("exec sleep 60");
  const auto process = identify(pid);
  ASSERT_TRUE(process);
  EXPECT_TRUE(is_running(*process));
  EXPECT_FALSE(is_running({pid, process->start_ticks + 1}));
}

TEST_F(LinuxTest, ZombieDoesNotRun) {
  const pid_t pid = child("exit 0");
  ASSERT_TRUE(ends(pid));
  EXPECT_FALSE(identify(pid));
  EXPECT_FALSE(identify(0));
}

TEST_F(LinuxTest, CommandWithParenthesesIsReadRight) {
  ASSERT_TRUE(write_file(folder / "a) Z 1 (", "#!/bin/sh\nsleep 60\n"));
  ASSERT_EQ(::chmod((folder / "a) Z 1 (").c_str(), 0700), 0);
  const pid_t pid = child("exec '" + (folder / "a) Z 1 (").string() + "'");
  EXPECT_TRUE(identify(pid));
}

TEST_F(LinuxTest, HolderIsWhoInheritedALock) {
  const auto file = folder / "lock";
  pid_t pid = 0;
  {
    const Fd lock = *open_file(file, O_RDWR | O_CREAT);
    ASSERT_EQ(::flock(lock.get(), LOCK_SH), 0);
    pid = child("exec sleep 60", {{lock.get(), 5}});
  }
  const auto holders = holders_of(file);
  ASSERT_EQ(holders.size(), 1u);
  EXPECT_EQ(holders.front().pid, pid);
}

TEST_F(LinuxTest, WhoHasTheFileOpenWithoutALockIsNoHolder) {
  const auto file = folder / "lock";
  const Fd lock = *open_file(file, O_RDWR | O_CREAT);
  ASSERT_EQ(::flock(lock.get(), LOCK_SH), 0);
  const Fd other = *open_file(file, O_RDONLY);
  child("exec sleep 60", {{other.get(), 5}});
  EXPECT_TRUE(holders_of(file).empty());  // we hold it, but are not asked about ourselves
  EXPECT_TRUE(holders_of(folder / "missing").empty());
}

TEST_F(LinuxTest, SignalReachesTheWholeGroup) {
  const pid_t pid = child("sleep 60 & wait");
  signal_group(*identify(pid), SIGKILL);
  EXPECT_TRUE(ends(pid));
}

TEST_F(LinuxTest, SignalToAReusedPidIsNotSent) {
  const pid_t pid = child("exec sleep 60");
  signal_group({pid, identify(pid)->start_ticks - 1}, SIGKILL);
  EXPECT_TRUE(identify(pid));
}

TEST_F(LinuxTest, BootHasAnIdentity) {
  EXPECT_EQ(boot_id().size(), 36u);
  EXPECT_EQ(boot_id(), boot_id());
}

TEST_F(LinuxTest, RenameNewNeverGoesOverAnything) {
  const Fd at = *open_file(folder.path(), O_RDONLY | O_DIRECTORY);
  ASSERT_TRUE(write_file(folder / "a", "a") && write_file(folder / "b", "b"));
  ASSERT_EQ(::symlink("nowhere", (folder / "link").c_str()), 0);
  EXPECT_EQ(rename_new(at.get(), "a", at.get(), "b"), EEXIST);
  EXPECT_EQ(rename_new(at.get(), "a", at.get(), "link"), EEXIST);
  EXPECT_EQ(rename_new(at.get(), "missing", at.get(), "c"), ENOENT);
  EXPECT_EQ(*read_file(folder / "b", 10), "b");
  EXPECT_EQ(rename_new(at.get(), "a", at.get(), "c"), 0);
  EXPECT_EQ(*read_file(folder / "c", 10), "a");
}

}  // namespace
}  // namespace stagerun
