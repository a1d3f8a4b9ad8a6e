#include "core/base/files.h"

#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "tests/support/temp_folder.h"

namespace stagerun {
namespace {

using support::TempFolder;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat info {};
  EXPECT_EQ(::lstat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777u;
}

// A generous umask, so that the modes below are the code's own doing.
class Files : public ::testing::Test {
 protected:
  Files() : umask_(::umask(0)) {}
  ~Files() override { ::umask(umask_); }

  TempFolder folder_;

 private:
  mode_t umask_;
};

TEST_F(Files, WhatIsWrittenIsReadBack) {
  const std::string bytes("a\0b\xff\n", 5);
  ASSERT_TRUE(write_file(folder_ / "f", bytes));
  EXPECT_EQ(*read_file(folder_ / "f", 100), bytes);
  ASSERT_TRUE(write_file(folder_ / "f", "short"));
  EXPECT_EQ(*read_file(folder_ / "f", 100), "short");
}

TEST_F(Files, NewFilesAreForTheirOwnerAlone) {
  ASSERT_TRUE(write_file(folder_ / "f", ""));
  EXPECT_EQ(mode_of(folder_ / "f"), 0600u);
  ASSERT_TRUE(open_file(folder_ / "g", O_WRONLY | O_CREAT));
  EXPECT_EQ(mode_of(folder_ / "g"), 0600u);
}

TEST_F(Files, AFileThatPeopleAskedForHasTheModeOfTheirUmask) {
  ASSERT_TRUE(replace_file(folder_ / "f", "one"));
  EXPECT_EQ(mode_of(folder_ / "f"), 0666u);
  ::umask(027);
  ASSERT_TRUE(replace_file(folder_ / "f", "another"));
  EXPECT_EQ(mode_of(folder_ / "f"), 0640u);
  EXPECT_EQ(*read_file(folder_ / "f", 100), "another");
}

TEST_F(Files, ReplacingGoesOverPlainFilesAndNothingElse) {
  ASSERT_TRUE(write_file(folder_ / "target", "precious"));
  std::filesystem::create_symlink(folder_ / "target", folder_ / "link");
  ASSERT_TRUE(make_folder(folder_ / "folder"));
  for (const char* name : {"link", "folder"}) {
    const Status replaced = replace_file(folder_ / name, "x");
    ASSERT_FALSE(replaced);
    EXPECT_EQ(replaced.error().code, ErrorCode::usage);
  }
  EXPECT_EQ(*read_file(folder_ / "target", 100), "precious");
  EXPECT_FALSE(replace_file(folder_ / "nowhere/f", "x"));
}

TEST_F(Files, NewFoldersAreForTheirOwnerAloneParentsToo) {
  ASSERT_TRUE(make_folder(folder_ / "a/b/c"));
  for (const char* name : {"a", "a/b", "a/b/c"}) EXPECT_EQ(mode_of(folder_ / name), 0700u) << name;
}

TEST_F(Files, AFolderThatIsThereIsLeftAsItIs) {
  ASSERT_EQ(::mkdir((folder_ / "a").c_str(), 0755), 0);
  ASSERT_TRUE(make_folder(folder_ / "a"));
  ASSERT_TRUE(make_folder(folder_ / "a/"));
  EXPECT_EQ(mode_of(folder_ / "a"), 0755u);
}

TEST_F(Files, AFileInAFoldersPlaceIsAnError) {
  ASSERT_TRUE(write_file(folder_ / "a", ""));
  const Status made = make_folder(folder_ / "a/b");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::surroundings);
  EXPECT_FALSE(make_folder(folder_ / "a"));
}

TEST_F(Files, WritingNeverFollowsALink) {
  ASSERT_TRUE(write_file(folder_ / "target", "precious"));
  std::filesystem::create_symlink(folder_ / "target", folder_ / "link");
  EXPECT_FALSE(write_file(folder_ / "link", "overwritten"));
  EXPECT_EQ(*read_file(folder_ / "target", 100), "precious");
  std::filesystem::create_symlink(folder_ / "nowhere", folder_ / "dangling");
  EXPECT_FALSE(write_file(folder_ / "dangling", "x"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "nowhere"));
}

TEST_F(Files, AFileOverTheLimitIsRefusedAndOneAtItIsRead) {
  ASSERT_TRUE(write_file(folder_ / "f", std::string(100'000, 'x')));
  EXPECT_EQ(read_file(folder_ / "f", 100'000)->size(), 100'000u);
  const auto refused = read_file(folder_ / "f", 99'999);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text, (folder_ / "f").string() + " is larger than 99999 bytes");
}

TEST_F(Files, OnlyRegularFilesAreRead) {
  const auto folder = read_file(folder_.path(), 100);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().text, folder_.path().string() + " is not a regular file");
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(read_file(folder_ / "pipe", 100));
  EXPECT_FALSE(read_file("/dev/zero", 100));
}

TEST_F(Files, AMissingFileIsNamedWithTheReason) {
  const auto missing = read_file(folder_ / "none", 100);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::surroundings);
  EXPECT_EQ(missing.error().text,
            "cannot open " + (folder_ / "none").string() + ": No such file or directory");
}

TEST_F(Files, DescriptorsAreNotInheritedByChildren) {
  const auto fd = open_file(folder_ / "f", O_WRONLY | O_CREAT);
  ASSERT_TRUE(fd);
  EXPECT_TRUE(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC);
}

TEST_F(Files, DigestIsThatOfTheBytes) {
  const std::string bytes(200'000, 'd');
  ASSERT_TRUE(write_file(folder_ / "f", bytes));
  EXPECT_EQ(*file_digest(folder_ / "f"), sha256_hex(bytes));
  EXPECT_FALSE(file_digest(folder_ / "none"));
  EXPECT_FALSE(file_digest(folder_.path()));
}

TEST_F(Files, FoldersSyncAndFilesAreNoFolders) {
  EXPECT_TRUE(sync_folder(folder_.path()));
  ASSERT_TRUE(write_file(folder_ / "f", ""));
  EXPECT_FALSE(sync_folder(folder_ / "f"));
}

TEST_F(Files, WritingAllReportsADescriptorThatTakesNothing) {
  const auto full = open_file("/dev/full", O_WRONLY);
  ASSERT_TRUE(full);
  const Status written = write_all(full->get(), "x");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().text, "cannot write: No space left on device");
}

}  // namespace
}  // namespace stagerun
