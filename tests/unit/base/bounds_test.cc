#include "core/base/bounds.h"

#include <gtest/gtest.h>

#include "core/base/files.h"
#include "tests/support/temp_folder.h"

namespace stagerun {
namespace {

class BoundsTest : public testing::Test {
 protected:
  BoundsTest() {
    for (const char* name : {"src", "deep", "deep/state", "deep/state/runs"}) {
      EXPECT_TRUE(make_folder(folder / name));
    }
    for (const char* name :
         {"a", "src/b", "deep/c", "deep/state/lock", "deep/state/runs/journal"}) {
      EXPECT_TRUE(write_file(folder / name, "x"));
    }
  }
  // Relative to the workspace, one after the other.
  std::string parts(const std::filesystem::path& runs) const {
    const auto found = readable_parts({folder.path(), "", runs});
    if (!found) return found.error().text;
    std::string names;
    for (const Part& part : *found) {
      names += part.path.lexically_relative(folder.path()).string() + " ";
    }
    return names;
  }

  support::TempFolder folder;
};

TEST_F(BoundsTest, WorkspaceIsOnePartWhereRunsLieElsewhere) {
  EXPECT_EQ(parts("/somewhere/runs"), ". ");
  EXPECT_EQ(parts(folder.path().string() + "-state/runs"), ". ");
  EXPECT_EQ(parts(folder.path().parent_path()), ". ");
  EXPECT_TRUE(way_to_runs({folder.path(), "", "/somewhere/runs"}).empty());
}

TEST_F(BoundsTest, RunsAreInNoPartHoweverDeepTheyLie) {
  EXPECT_EQ(parts(folder / "deep/state/runs"), "a deep/c deep/state/lock src ");
  EXPECT_EQ(parts(folder / "deep"), "a src ");
  EXPECT_EQ(way_to_runs({folder.path(), "", folder / "deep/state/runs"}).size(), 3u);
}

TEST_F(BoundsTest, RunsThatWereNeverMadeHideNothing) {
  EXPECT_EQ(parts(folder / ".stagerun/runs"), "a deep src ");
}

TEST_F(BoundsTest, NoWorkspaceHasNoParts) { EXPECT_TRUE(readable_parts({})->empty()); }

TEST_F(BoundsTest, WhatIsMadeOrReplacedLaterChangesTheParts) {
  const Bounds bounds{folder.path(), "", folder / "deep/state/runs"};
  const auto before = readable_parts(bounds);
  EXPECT_EQ(*before, *readable_parts(bounds));
  ASSERT_TRUE(write_file(folder / "src/new", "x"));
  EXPECT_EQ(*before, *readable_parts(bounds)) << "it is part of src";
  ASSERT_TRUE(write_file(folder / "new", "x"));
  const auto made = readable_parts(bounds);
  EXPECT_NE(*before, *made);
  std::filesystem::rename(folder / "new", folder / "a");
  EXPECT_NE(*before, *readable_parts(bounds)) << "another file of the same name";
}

class HandClock final : public Clock {
 public:
  std::int64_t now_ms() const override { return 0; }
  std::int64_t monotonic_ms() const override { return now; }
  std::int64_t now = 0;
};

TEST_F(BoundsTest, WhatIsMadeWhileWatchedIsSeenAtOnce) {
  const Bounds bounds{folder.path(), "", folder / "deep/state/runs"};
  HandClock clock;
  PartsWatch watch(bounds, clock);
  // In the beginning faster than the file system's times move on, then long after.
  for (const std::int64_t pause_ms : {0, 10'000}) {
    for (int i = 0; i < 50; ++i) {
      const auto before = *watch.look();
      clock.now += pause_ms;
      EXPECT_EQ(*before, **watch.look());
      EXPECT_EQ(before, *watch.look()) << "nothing has changed";
      const std::string name = std::to_string(pause_ms) + "-" + std::to_string(i);
      ASSERT_TRUE(write_file(folder / (i % 2 == 0 ? "" : "deep/state") / name, "x"));
      EXPECT_EQ(**watch.look(), *readable_parts(bounds));
      EXPECT_EQ((*watch.look())->size(), before->size() + 1);
    }
  }
}

TEST_F(BoundsTest, FolderInThePlaceOfAnotherIsLookedInto) {
  const Bounds bounds{folder.path(), "", folder / "deep/state/runs"};
  HandClock clock;
  PartsWatch watch(bounds, clock);
  ASSERT_TRUE(watch.look());
  clock.now += 10'000;
  ASSERT_TRUE(watch.look());
  std::filesystem::rename(folder / "deep/state", folder / "deep/old");
  ASSERT_TRUE(make_folder(folder / "deep/state"));
  EXPECT_EQ(**watch.look(), *readable_parts(bounds));
}

}  // namespace
}  // namespace stagerun
