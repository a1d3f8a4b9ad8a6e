// A world is the workspace; and is the workspace again, whatever was done to it.
#include "core/rehearsal/world.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/rehearsal/folder_case.h"

namespace stagerun::rehearsal {
namespace {

class WorldTest : public FolderCase {
 protected:
  void SetUp() override {
    FolderCase::SetUp();
    shell(
        "mkdir -p bin app/empty .stagerun/runs; echo one > app/a; echo two > app/b; "
        "echo tool > bin/tool; chmod 755 bin/tool; chmod 600 app/b; ln -s ../app/a bin/link; "
        "echo > .stagerun/lock; touch -d 2001-02-03 app/a; mkdir closed; echo 1 > closed/f; "
        "chmod 555 closed");
  }
  void TearDown() override { shell_in(folder_.path(), "chmod -R u+rwX ."); }

  World copy(const std::string& name) {
    auto world = World::copy_of(work_, ".stagerun", folder_ / name);
    EXPECT_TRUE(world) << world.error().text << world.error().hint;
    return *std::move(world);
  }
  // What is made anew gets another; an inode may be the same one again.
  static std::int64_t made_at(const fs::path& path) {
    struct stat info {};
    EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
    return info.st_ctim.tv_sec * 1'000'000'000 + info.st_ctim.tv_nsec;
  }
  // Names, kinds, permissions, times of files, targets: by somebody else's eyes.
  std::string seen(const fs::path& folder) const {
    shell_in(folder,
             "find . -path ./.stagerun -prune -o -type f -printf '%p %m %T@ ' -exec cat {} "
             "\\; -o -printf '%p %y %m %l\\n' | sort > " +
                 (folder_ / "seen").string());
    return read(folder_ / "seen");
  }
  static void expect_reset(World& world, const World& origin) {
    const Status status = world.reset_to(origin);
    EXPECT_TRUE(status) << status.error().text;
  }
};

TEST_F(WorldTest, CopyIsTheWorkspaceWithoutItsState) {
  const World world = copy("copy");
  const std::string there = seen(work_);
  EXPECT_NE(there.find("./app/empty d 755"), std::string::npos) << there;
  // The folder itself is private.
  const auto below = [](const std::string& text) { return text.substr(text.find('\n')); };
  EXPECT_EQ(below(seen(world.root())), below(there));
  EXPECT_FALSE(fs::exists(world.root() / ".stagerun"));
  EXPECT_FALSE(fs::equivalent(world.root() / "app/a", work_ / "app/a"));
  EXPECT_TRUE(world.leading_out().empty());
  EXPECT_TRUE(world.left_out().empty());
}

TEST_F(WorldTest, WhateverWasDoneToItIsUndone) {
  const World first = copy("first");
  World world = copy("copy");
  const std::string before = seen(world.root());
  for (const char* line :
       {"echo more >> app/a", "rm app/a", "rm -r app", "mkdir app/new; echo > app/new/x",
        "chmod 777 app/b app", "rm app/a; mkdir app/a; echo > app/a/x", "rmdir app/empty",
        "rm -r app; ln -s /etc app", "ln -sfn /etc/passwd bin/link", "mkfifo pipe", "touch app/a",
        "mkdir .stagerun; echo > .stagerun/x", "rm -r app; echo file > app",
        "mkdir deep; chmod 000 deep", "chmod 755 closed; rm closed/f; chmod 000 closed",
        "mv app other", "mv app/a x; mv app/b app/a; mv x app/b"}) {
    shell_in(world.root(), line);
    expect_reset(world, first);
    EXPECT_EQ(seen(world.root()), before) << line;
    EXPECT_FALSE(fs::exists(world.root() / ".stagerun"));
  }
}

TEST_F(WorldTest, RewriteOfTheSameSizeAndTimeIsNoticed) {
  const World first = copy("first");
  World world = copy("copy");
  for (int i = 0; i < 20; ++i) {
    const fs::path file = world.root() / "app/a";
    struct stat was {};
    ASSERT_EQ(::stat(file.c_str(), &was), 0);
    ASSERT_TRUE(write_file(file, "ONE\n"));  // at once: maybe in the same tick of the clock
    const timespec times[] = {was.st_atim, was.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
    expect_reset(world, first);
    ASSERT_EQ(read(file), "one\n") << i;
  }
}

TEST_F(WorldTest, OnlyWhatWasChangedIsCopied) {
  const World first = copy("first");
  World world = copy("copy");
  expect_reset(world, first);  // two copies of one workspace know nothing of each other yet
  const std::int64_t same = made_at(world.root() / "app/a");
  const std::int64_t other = made_at(world.root() / "app/b");
  shell_in(world.root(), "echo 3 > app/b");
  expect_reset(world, first);
  EXPECT_EQ(made_at(world.root() / "app/a"), same);
  EXPECT_NE(made_at(world.root() / "app/b"), other);
}

TEST_F(WorldTest, CopyOfAWorldIsAPointToGoBackTo) {
  World world = copy("copy");
  shell_in(world.root(), "echo half-way > app/a; mkdir .stagerun; echo run > .stagerun/journal");
  auto middle = world.copy_to(folder_ / "middle");
  ASSERT_TRUE(middle) << middle.error().text;
  const std::int64_t same = made_at(world.root() / "app/a");
  shell_in(world.root(), "echo end > app/b; rm -r .stagerun");
  expect_reset(world, *middle);
  EXPECT_EQ(read(world.root() / "app/a"), "half-way\n");
  EXPECT_EQ(read(world.root() / "app/b"), "two\n");
  EXPECT_EQ(read(world.root() / ".stagerun/journal"), "run\n");
  EXPECT_EQ(made_at(world.root() / "app/a"), same) << "it was as in the other world already";
}

TEST_F(WorldTest, NothingOutsideIsWrittenThroughWhatWasPutInItsPlace) {
  write("../outside/file", "theirs");
  write("../outside/a", "theirs");
  const World first = copy("first");
  World world = copy("copy");
  // A second name of a file outside, and a folder that leads there.
  shell_in(world.root(),
           "rm bin/tool; ln ../outside/file bin/tool; rm -r app; ln -s ../outside app");
  expect_reset(world, first);
  EXPECT_EQ(read(world.root() / "bin/tool"), "tool\n");
  EXPECT_EQ(read(world.root() / "app/a"), "one\n");
  EXPECT_EQ(read(folder_ / "outside/file"), "theirs");
  EXPECT_EQ(read(folder_ / "outside/a"), "theirs");
}

TEST_F(WorldTest, WorldThatWasMovedAwayIsMadeAgainWhereItWas) {
  write("../outside/file", "theirs");
  const World first = copy("first");
  World world = copy("copy");
  const std::string before = seen(world.root());
  for (const char* line : {"chmod -R u+w copy; rm -r copy", "mv copy away; ln -s outside copy"}) {
    shell_in(folder_.path(), line);
    expect_reset(world, first);
    EXPECT_EQ(seen(world.root()), before) << line;
  }
  EXPECT_EQ(read(folder_ / "outside/file"), "theirs");
}

TEST_F(WorldTest, LinksThatLeadOutAreCopiedAndTold) {
  shell(
      "mkdir ../elsewhere; ln -s /etc/passwd absolute; ln -s ../elsewhere up; ln -s ../work/app/a "
      "round; "
      "ln -s up/file by-another; ln -s app/../bin inside; ln -s nowhere dangling; "
      "ln -s circle circle; ln -s $PWD/app/a home");
  const World world = copy("copy");
  EXPECT_EQ(world.leading_out(), (Told{"absolute", "by-another", "home", "round", "up"}));
  EXPECT_EQ(fs::read_symlink(world.root() / "up"), "../elsewhere");
  EXPECT_EQ(fs::read_symlink(world.root() / "absolute"), "/etc/passwd");
}

TEST_F(WorldTest, SocketsAndPipesAreLeftOutAndTold) {
  shell(
      "mkfifo app/pipe; python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); "
      "s.bind(\"sock\")'");
  const World world = copy("copy");
  EXPECT_EQ(world.left_out(), (Told{"app/pipe", "sock"}));
  EXPECT_FALSE(fs::exists(world.root() / "app/pipe"));
}

TEST_F(WorldTest, TooLargeWorkspaceIsRefusedBeforeAnythingIsMade) {
  const auto world = World::copy_of(work_, ".stagerun", folder_ / "copy", {10, 1000});
  ASSERT_FALSE(world);
  EXPECT_EQ(world.error().code, ErrorCode::usage);
  EXPECT_FALSE(fs::exists(folder_ / "copy"));
}

TEST_F(WorldTest, PlaceThatIsTakenOrInTheWorkspaceIsRefused) {
  fs::create_directory(folder_ / "there");
  const auto taken = World::copy_of(work_, "", folder_ / "there");
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().text.find("File exists"), std::string::npos);
  const auto inside = World::copy_of(work_, ".stagerun", work_ / "app/copy");
  ASSERT_FALSE(inside);
  EXPECT_NE(inside.error().text.find("in the workspace"), std::string::npos);
  EXPECT_TRUE(World::copy_of(work_, ".stagerun", work_ / ".stagerun/rehearsal/world"));
}

TEST_F(WorldTest, WorkspaceThatIsNotThereIsNamed) {
  const auto world = World::copy_of(folder_ / "missing", "", folder_ / "copy");
  ASSERT_FALSE(world);
  EXPECT_NE(world.error().text.find("missing: No such file"), std::string::npos);
}

}  // namespace
}  // namespace stagerun::rehearsal
