// Which commit, which branch, which tag.
#include "tests/unit/guard/git_case.h"

namespace stagerun {
namespace {

using GitFactsTest = GitCase;

TEST_F(GitFactsTest, CommitAndBranchAreThoseThatAreCheckedOut) {
  commit();
  expect_what_git_says("on main");
  EXPECT_EQ(facts().branch, "main");
  git("checkout -q -b feature/one");
  commit("second");
  expect_what_git_says("on a branch with a slash");
  EXPECT_EQ(facts().branch, "feature/one");
}

TEST_F(GitFactsTest, WhatNobodyAskedForIsNotLookedFor) {
  commit();
  git("tag v1");
  const auto answer = read(GitQuestion{work_, {}});
  const auto& found = std::get<GitFacts>(answer);
  EXPECT_TRUE(found.sha);
  EXPECT_FALSE(found.tag);
  EXPECT_FALSE(found.dirty);
}

TEST_F(GitFactsTest, RepositoryIsFoundFromAFolderBelow) {
  commit("deploy/prod/pipeline.toml");
  EXPECT_EQ(facts(work_ / "deploy/prod"), facts());
}

TEST_F(GitFactsTest, DetachedHeadIsOnNoBranch) {
  commit();
  git("checkout -q --detach");
  expect_what_git_says("detached");
  EXPECT_FALSE(facts().branch);
  EXPECT_TRUE(facts().sha);
}

TEST_F(GitFactsTest, BranchWithoutACommitHasAName) {
  expect_what_git_says("unborn");
  EXPECT_EQ(facts().branch, "main");
  EXPECT_FALSE(facts().sha);
  EXPECT_FALSE(facts().tag);
  write("file");
  expect_what_git_says("unborn, with a file");
  git("add file");
  expect_what_git_says("unborn, with a file that was added");
}

TEST_F(GitFactsTest, RebaseThatStoppedIsOnNoBranch) {
  commit();
  commit("second");
  git("rebase -q --exec false HEAD~ > /dev/null; true");
  expect_what_git_says("in a rebase");
  EXPECT_FALSE(facts().branch);
}

TEST_F(GitFactsTest, TagOfAnotherCommitDoesNotCount) {
  commit();
  git("tag v1");
  git("tag -a -m one v1-annotated");
  commit("second");
  expect_what_git_says("after the tags");
  EXPECT_FALSE(facts().tag);
}

TEST_F(GitFactsTest, OfSeveralTagsTheNewestAnnotatedOneCounts) {
  commit();
  git("tag v0");
  git("tag latest");
  expect_what_git_says("lightweight ones: the first by name");
  EXPECT_EQ(facts().tag, "latest");
  git("tag -a -m x v1.0", 1'700'000'100);
  expect_what_git_says("one annotated");
  git("tag -a -m x v1.1", 1'700'000'300);
  git("tag -a -m x v0.9", 1'700'000'200);
  expect_what_git_says("several annotated");
  EXPECT_EQ(facts().tag, "v1.1");
  git("tag -a -m x v1.0.9", 1'700'000'300);
  expect_what_git_says("two of one second");
  EXPECT_EQ(facts().tag, "v1.0.9");
  git("pack-refs --all");
  expect_what_git_says("packed");
  git("tag -a -m x v3", 1'700'000'400);
  expect_what_git_says("packed, and one that is not");
  EXPECT_EQ(facts().tag, "v3");
}

TEST_F(GitFactsTest, TagOfATagLeadsToItsCommit) {
  commit();
  git("tag -a -m x inner", 1'700'000'100);
  git("tag -a -m x outer inner", 1'700'000'200);
  git("tag -d inner > /dev/null");
  expect_what_git_says("a tag of a tag");
  EXPECT_EQ(facts().tag, "outer");
}

TEST_F(GitFactsTest, TagOfAFileOrOfNothingIsPassedOver) {
  commit();
  git("tag -a -m x blob HEAD:file");
  git("tag tree 'HEAD^{tree}'");
  write(".git/refs/tags/gone", "1234567890123456789012345678901234567890\n");
  write(".git/refs/tags/garbage", "no tag at all\n");
  git("tag release/2026.1");
  const GitFacts found = facts();
  EXPECT_EQ(found.tag, "release/2026.1");
}

TEST_F(GitFactsTest, NameThatIsNotUtf8IsRefused) {
  commit();
  git("checkout -q -b \"$(printf 'caf\\351')\"");
  EXPECT_EQ(problem().code, "git.unreadable");
  EXPECT_EQ(problem().text, "git cannot be read: the name caf\\xe9 is not UTF-8");
  git("checkout -q -b \"$(printf 'caf\\303\\251')\"");
  EXPECT_EQ(facts().branch, "caf\xc3\xa9");
}

TEST_F(GitFactsTest, LinkedWorkTreeHasItsOwnHead) {
  commit();
  git("worktree add -q ../second -b other");
  std::ofstream(work_ / "../second/new") << "x";
  const GitFacts second = facts(folder_ / "second");
  EXPECT_EQ(second.branch, "other");
  EXPECT_EQ(second.dirty, true);
  EXPECT_EQ(facts().branch, "main");
  EXPECT_EQ(facts().dirty, false);
}

TEST_F(GitFactsTest, BareRepositoryHasACommitAndNoFiles) {
  commit();
  git("tag v1");
  git("clone -q --bare . ../bare.git");
  const GitFacts found = facts(folder_ / "bare.git");
  EXPECT_EQ(found.sha, told("rev-parse HEAD"));
  EXPECT_EQ(found.branch, "main");
  EXPECT_EQ(found.tag, "v1");
  EXPECT_FALSE(found.dirty);
}

TEST_F(GitFactsTest, PipelineInASubmoduleIsOfTheSubmodule) {
  commit();
  git("init -q ../library -b trunk");
  shell("cd ../library && touch x && git add x && git commit -q -m x");
  git("submodule --quiet add ../library library");
  const GitFacts found = facts(work_ / "library");
  EXPECT_EQ(found.branch, "trunk");
  EXPECT_EQ(found.sha, told("-C library rev-parse HEAD"));
}

TEST_F(GitFactsTest, ShallowAndPartialClonesAreReadAsWell) {
  commit();
  commit("second");
  git("tag v2");
  git("config uploadpack.allowFilter true");
  for (const char* how : {"--depth=1", "--filter=blob:none", "--filter=tree:0 --sparse"}) {
    shell(fmt::format("rm -rf ../clone && git clone -q {} \"file://$PWD\" ../clone", how));
    const GitFacts found = facts(folder_ / "clone");
    EXPECT_EQ(found.sha, told("rev-parse HEAD")) << how;
    EXPECT_EQ(found.tag, "v2") << how;
    EXPECT_EQ(found.dirty, false) << how;
  }
}

TEST_F(GitFactsTest, LinkToTheWorkspaceLeadsToItsRepository) {
  commit();
  std::filesystem::create_directory_symlink(work_, folder_ / "link");
  EXPECT_EQ(facts(folder_ / "link"), facts());
}

TEST_F(GitFactsTest, EnvironmentOfAHookDoesNotLeadElsewhere) {
  commit();
  git("init -q ../other -b elsewhere");
  ::setenv("GIT_DIR", (folder_ / "other/.git").c_str(), 1);
  ::setenv("GIT_INDEX_FILE", (folder_ / "other/.git/index").c_str(), 1);
  const GitFacts found = facts();
  ::unsetenv("GIT_DIR");
  ::unsetenv("GIT_INDEX_FILE");
  EXPECT_EQ(found.branch, "main");
  EXPECT_EQ(found.dirty, false);
}

}  // namespace
}  // namespace stagerun
