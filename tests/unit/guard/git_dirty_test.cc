// What makes a work tree dirty, held against `git status`.
#include <unistd.h>

#include "core/base/digest.h"
#include "tests/unit/guard/git_case.h"

namespace stagerun {
namespace {

class GitDirtyTest : public GitCase {
 protected:
  void SetUp() override {
    GitCase::SetUp();
    write(".gitignore", "*.log\nbuild/\n");
    write("src/main", "main\n");
    commit();
    expect_what_git_says("clean");
    EXPECT_FALSE(dirty());
  }
  void expect_dirty(const std::string& when) const {
    expect_what_git_says(when);
    EXPECT_TRUE(dirty()) << when;
  }
  void expect_clean(const std::string& when) const {
    expect_what_git_says(when);
    EXPECT_FALSE(dirty()) << when;
  }
  // A submodule, committed.
  void add_submodule() const {
    git("init -q ../library -b trunk");
    shell("cd ../library && touch x && git add x && git commit -q -m x");
    git("submodule --quiet add ../library library");
    git("commit -q -m library");
    expect_clean("with a submodule");
  }
};

TEST_F(GitDirtyTest, ChangedFileCounts) {
  write("file", "other\n");
  expect_dirty("a file was changed");
  git("add file");
  expect_dirty("and added");
  git("commit -q -m other");
  expect_clean("and committed");
}

TEST_F(GitDirtyTest, ChangeOfTheSameSizeCounts) {
  write("file", "tixt\n");
  expect_dirty("a byte was changed");
}

TEST_F(GitDirtyTest, NewFileCountsUnlessItIsIgnored) {
  write("debug.log");
  write("build/out");
  write("src/deep/debug.log");
  expect_clean("with ignored files");
  write("src/new");
  expect_dirty("with a new file");
}

TEST_F(GitDirtyTest, FileInAFolderThatIsAllNewCounts) {
  std::filesystem::create_directories(work_ / "empty/inner");
  expect_clean("an empty folder");
  write("empty/inner/new");
  expect_dirty("no longer empty");
}

TEST_F(GitDirtyTest, OwnIgnoredFilesOfTheUserCount) {
  write("notes");
  expect_dirty("notes");
  write(".git/info/exclude", "notes\n");
  expect_clean("notes, ignored here");
}

TEST_F(GitDirtyTest, DeletedFileCounts) {
  std::filesystem::remove(work_ / "src/main");
  expect_dirty("deleted");
  git("rm -q src/main");
  expect_dirty("and removed");
}

TEST_F(GitDirtyTest, ModeAndKindOfAFileCount) {
  shell("chmod +x file");
  expect_dirty("executable now");
  git("config core.fileMode false");
  expect_clean("where modes do not matter");
  std::filesystem::remove(work_ / "file");
  std::filesystem::create_symlink("src/main", work_ / "file");
  expect_dirty("a link now");
}

TEST_F(GitDirtyTest, LinkIsWhatItSaysNotWhatItLeadsTo) {
  std::filesystem::create_symlink("/nowhere/at/all", work_ / "link");
  git("add link");
  git("commit -q -m link");
  expect_clean("a link to nothing");
  std::filesystem::remove(work_ / "link");
  std::filesystem::create_symlink("/", work_ / "link");
  expect_dirty("a link to elsewhere");
}

TEST_F(GitDirtyTest, TouchedFileDoesNotCount) {
  shell("touch -d 2001-01-01 file src/main");
  const std::string before = *read_file(work_ / ".git/index", 1 << 20);
  EXPECT_FALSE(dirty());
  EXPECT_EQ(before, *read_file(work_ / ".git/index", 1 << 20)) << "only looked at";
}

TEST_F(GitDirtyTest, LineEndsAreTurnedAsGitTurnsThem) {
  commit(".gitattributes", "*.txt text eol=crlf\n");
  commit("a.txt", "one\r\ntwo\r\n");
  shell("touch -d 2001-01-01 a.txt");
  expect_clean("carriage returns only in the work tree");
}

TEST_F(GitDirtyTest, LargeFileIsHeldAgainstItsPointer) {
  commit("a.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:" +
                      sha256_hex("large\n") + "\nsize 6\n");
  EXPECT_FALSE(dirty()) << "the pointer itself, where nobody fetched the file";
  write("a.bin", "large\n");
  EXPECT_TRUE(dirty()) << "no attribute says that it is one";
  commit(".gitattributes", "*.bin filter=lfs -text\n");
  git("checkout -q HEAD~ -- a.bin");
  git("commit -q -m pointer; true");
  write("a.bin", "large\n");
  EXPECT_FALSE(dirty()) << "the file that it points to";
  write("a.bin", "larch\n");
  EXPECT_TRUE(dirty()) << "another one";
}

TEST_F(GitDirtyTest, ConflictCounts) {
  git("checkout -q -b side");
  commit("file", "side\n");
  git("checkout -q main");
  commit("file", "main\n");
  git("merge side > /dev/null; true");
  expect_dirty("in a merge");
}

TEST_F(GitDirtyTest, FileThatIsMeantToBeAddedCounts) {
  write("meant");
  git("add -N meant");
  expect_dirty("add -N");
}

TEST_F(GitDirtyTest, RunsOfStagerunNeverCount) {
  write(".stagerun/runs/1/journal");
  write("deploy/.stagerun/runs/1/journal");
  EXPECT_FALSE(dirty());
  write("ops/state/runs/1/journal");
  EXPECT_TRUE(dirty());
  GitQuestion question{work_, work_ / "ops/state"};
  question.dirty = true;
  EXPECT_EQ(std::get<GitFacts>(read(question)).dirty, false);
  write("ops/state-of-affairs");
  EXPECT_EQ(std::get<GitFacts>(read(question)).dirty, true);
}

TEST_F(GitDirtyTest, FileThatIsOnlyNamedLikeTheRunsCounts) {
  write("src/.stagerun");
  expect_dirty("a file");
}

TEST_F(GitDirtyTest, SubmoduleAtAnotherCommitCounts) {
  add_submodule();
  shell("cd library && touch y && git add y && git commit -q -m y");
  expect_dirty("another commit");
}

TEST_F(GitDirtyTest, ChangesInASubmoduleCount) {
  add_submodule();
  write("library/x", "changed\n");
  expect_dirty("changed");
  shell("cd library && git checkout -q x");
  expect_clean("changed back");
  write("library/new");
  expect_dirty("a new file in it");
  shell("git config -f .gitmodules submodule.library.ignore all && git commit -q -am ignore");
  expect_clean("a submodule that is ignored");
}

TEST_F(GitDirtyTest, SubmoduleThatIsNotCheckedOutDoesNotCount) {
  add_submodule();
  git("submodule --quiet deinit --force library");
  expect_clean("not checked out");
}

TEST_F(GitDirtyTest, RepositoryInsideThatIsNoSubmoduleCounts) {
  git("init -q inner");
  shell("cd inner && touch x && git add x && git commit -q -m x");
  expect_dirty("a repository inside");
}

TEST_F(GitDirtyTest, SparseCheckoutIsClean) {
  git("sparse-checkout set --no-cone '/file' '/.gitignore'");
  ASSERT_FALSE(std::filesystem::exists(work_ / "src"));
  expect_clean("sparse");
  write("file", "other\n");
  expect_dirty("sparse, and changed");
}

TEST_F(GitDirtyTest, IndexOfEveryFormIsRead) {
  git("update-index --index-version 4");
  expect_clean("version 4");
  git("update-index --untracked-cache");
  expect_clean("with a cache of what is new");
  write("new");
  expect_dirty("a new file");
}

TEST_F(GitDirtyTest, PipesAndSocketsDoNotCount) {
  shell("mkfifo pipe");
  expect_clean("a pipe");
}

TEST_F(GitDirtyTest, LookThatTakesTooLongIsGivenUp) {
  GitQuestion question{work_, {}};
  question.dirty = true;
  question.timeout_ms = 0;
  const auto answer = read(question);
  const auto* late = std::get_if<Diagnostic>(&answer);
  ASSERT_NE(late, nullptr);
  EXPECT_EQ(late->code, "git.unreadable");
  EXPECT_EQ(late->text,
            "git cannot be read: looking for changes in the files took longer than 0 ms");
}

}  // namespace
}  // namespace stagerun
