// The sandbox from within: each test enters it in a child, which says by its exit status how it
// went. What plugins meet: tests/golden/misbehaving_test.py.
#include "core/worker/sandbox.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "core/worker/landlock.h"
#include "tests/unit/worker/test_call.h"

namespace stagerun {
namespace {

constexpr std::uint64_t kTruncate = 1u << 14;
constexpr std::uint64_t kDeviceControl = 1u << 15;

TEST(LandlockRights, GrowWithTheVersion) {
  EXPECT_EQ(landlock_rights(0), 0u);
  EXPECT_EQ(landlock_rights(1), 0x1fffu);
  EXPECT_EQ(landlock_rights(2), 0x1fffu | LANDLOCK_ACCESS_FS_REFER);
  EXPECT_EQ(landlock_rights(3), landlock_rights(2) | kTruncate);
  EXPECT_EQ(landlock_rights(4), landlock_rights(3));
  EXPECT_EQ(landlock_rights(5), landlock_rights(3) | kDeviceControl);
  EXPECT_EQ(landlock_rights(99), landlock_rights(5));
}

TEST(LandlockRights, TruncatingIsGuardedFromVersion3On) {
  EXPECT_FALSE(guards_truncate(1));
  EXPECT_FALSE(guards_truncate(2));
  EXPECT_TRUE(guards_truncate(3));
}

class SandboxTest : public testing::Test {
 protected:
  SandboxTest() {
    std::filesystem::create_directories(folder / "workspace/runs/r/scratch");
    folder.write("workspace/data", "data");
    folder.write("workspace/runs/journal", "journal");
    folder.write("outside", "outside");
  }
  bool can_open(const std::string& name, int flags) const {
    return ::open((folder / name).c_str(), flags | O_CLOEXEC, 0600) >= 0;
  }
  // In the child: as a worker does it, on a kernel of that version.
  bool enter(int version) const {
    const Bounds bounds{folder / "workspace", folder / "workspace/runs/r/scratch",
                        folder / "workspace/runs"};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           enter_landlock(version, test_plugin_file("counter"), bounds) &&
           enter_sandbox(guards_truncate(version));
  }
  bool is_shut_in() const {
    return can_open("workspace/data", O_RDONLY) && !can_open("workspace/data", O_WRONLY) &&
           !can_open("workspace/data", O_RDONLY | O_TRUNC) && !can_open("outside", O_RDONLY) &&
           !can_open("workspace/runs/journal", O_RDONLY) &&
           !can_open("workspace/new", O_WRONLY | O_CREAT) &&
           can_open("workspace/runs/r/scratch/new", O_RDWR | O_CREAT | O_TRUNC) &&
           ::truncate((folder / "workspace/data").c_str(), 0) != 0;
  }

  ScratchFolder folder;
};

TEST_F(SandboxTest, HoldsOnKernelsOfEveryVersion) {
  const int here = landlock_version();
  ASSERT_GT(here, 0) << "this kernel has no Landlock: what it must hold cannot be tried here";
  for (int version = 1; version <= here; ++version) {
    EXPECT_EXIT(::_exit(enter(version) && is_shut_in() ? 0 : 1), testing::ExitedWithCode(0), "")
        << version;
    EXPECT_EQ(folder.read("workspace/data"), "data");
  }
}

TEST_F(SandboxTest, ResourcesAreLimited) {
  const auto limit_of = [](auto resource) {
    rlimit limit{};
    ::getrlimit(resource, &limit);
    return limit.rlim_max;
  };
  EXPECT_EXIT(::_exit(limit_resources() && limit_of(RLIMIT_CORE) == 0 &&
                              limit_of(RLIMIT_NOFILE) <= limits::kWorkerDescriptors
                          ? 0
                          : 1),
              testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace stagerun
