// What a look at a folder sees, and what it makes of two of them.
#include "core/rehearsal/fingerprint.h"

#include <csignal>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/rehearsal/folder_case.h"

namespace stagerun::rehearsal {
namespace {

using FingerprintTest = FolderCase;

TEST_F(FingerprintTest, EveryKindOfChangeIsTold) {
  shell("mkdir -p a/empty gone; echo 1 > a/b; echo 1 > a/c; echo x > tool; ln -s a/b link");
  EXPECT_EQ(changes_by("echo 2 > a/b; rm a/c; rmdir gone; chmod +x tool; ln -sfn a/d link; "
                       "mkdir new; echo > new/file; ln -s . here; mkfifo pipe"),
            (Told{"file a/b changed", "file a/c vanished", "folder gone vanished",
                  "link here appeared", "link link changed", "folder new appeared",
                  "file new/file appeared", "pipe pipe appeared", "file tool changed"}));
}

TEST_F(FingerprintTest, WhatIsWrittenAgainTheSameIsNoChange) {
  shell("mkdir d; echo 1 > d/f; ln -s f d/l");
  EXPECT_EQ(changes_by("touch d; rm d/f d/l; echo 1 > d/f; ln -s f d/l; chmod 640 d/f"), Told{});
}

TEST_F(FingerprintTest, WhatBecameSomethingElseHasVanishedAndAppeared) {
  shell("echo 1 > a; mkdir b");
  EXPECT_EQ(changes_by("rm a; mkdir a; rmdir b; ln -s /etc b"),
            (Told{"file a vanished", "folder a appeared", "folder b vanished", "link b appeared"}));
}

TEST_F(FingerprintTest, StateFolderIsLeftOutAndNoOtherOfItsName) {
  shell("mkdir -p inner");
  EXPECT_EQ(changes_by("mkdir .stagerun inner/.stagerun; echo > .stagerun/lock"),
            (Told{"folder inner/.stagerun appeared"}));
}

TEST_F(FingerprintTest, LinkIsNotFollowed) {
  write("../outside/file", "1");
  shell("ln -s ../outside out; ln -s loop loop");
  EXPECT_EQ(look(work_).size(), 2u);
  EXPECT_EQ(changes_by("echo 2 > ../outside/file"), Told{});
}

TEST_F(FingerprintTest, NamesThatHoldTheRunAreEqualInTwoRuns) {
  const std::string one = "2026-11-21T10-15-00Z-ab12";
  const std::string other = "2026-12-01T00-00-00Z-0f0f";
  const auto leave =
      "mkdir -p before/$r; echo 1 > before/$r.env; echo 2 > before/$r/x-$r; "
      "ln -sfn before/$r now";
  shell("r=" + one + "; " + leave);
  const Fingerprint first = look(work_);
  shell("rm -r before; r=" + other + "; " + leave);
  const Fingerprint second = look(work_);
  EXPECT_FALSE(differences(first, second).empty());
  const Fingerprint named = with_run_named(first, one);
  EXPECT_EQ(named, with_run_named(second, other));
  EXPECT_TRUE(named.contains("before/RUN/x-RUN"));
  EXPECT_EQ(named.at("now").content, "before/RUN");
  EXPECT_EQ(with_run_named(first, ""), first);
}

TEST_F(FingerprintTest, NameThatWouldMoveTheCursorIsShownWithEscapes) {
  EXPECT_EQ(changes_by("touch \"$(printf 'a\\033[2Jb')\""), Told{"file a\\x1b[2Jb appeared"});
}

// Root reads everything: the look is somebody else's.
TEST_F(FingerprintTest, FileThatCannotBeReadIsNamed) {
  write("open", "1");
  write("secret.key", "1");
  const bool is_root = ::geteuid() == 0;
  shell_in(folder_.path(), is_root ? "chmod 755 . work && chmod 644 work/open" : "true");
  shell("chmod 000 secret.key");
  ASSERT_EQ(::seteuid(is_root ? 12345 : ::geteuid()), 0);
  const auto found = look_at(work_, "");
  ASSERT_EQ(::seteuid(::getuid()), 0);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().text,
            "cannot open " + (work_ / "secret.key").string() + ": Permission denied");
}

TEST_F(FingerprintTest, TooMuchIsRefusedAndTheLargestFolderNamed) {
  shell(
      "mkdir -p small large/inner; echo > a; head -c 3000000 /dev/zero > large/inner/zeros; "
      "touch small/{1,2,3,4,5,6,7,8,9}");
  const auto by_bytes = look_at(work_, "", {2 << 20, 1000});
  ASSERT_FALSE(by_bytes);
  EXPECT_EQ(
      by_bytes.error().text,
      "the folder " + work_.string() +
          " holds more than 2 MiB, too much to rehearse in a copy of it; most of that is in " +
          (work_ / "large").string());
  EXPECT_EQ(by_bytes.error().hint,
            "move that out of the workspace, or keep the pipeline in a folder of its own");
  shell("cd small; touch 1 2 3 4 5 6 7 8 9");
  const auto by_number = look_at(work_, "", {1 << 30, 10});
  ASSERT_FALSE(by_number);
  EXPECT_NE(by_number.error().text.find("more than 10 files and folders"), std::string::npos);
  EXPECT_TRUE(by_number.error().text.ends_with("/small"));
  EXPECT_TRUE(look_at(work_, "large", {2 << 20, 1000}));
}

}  // namespace
}  // namespace stagerun::rehearsal
