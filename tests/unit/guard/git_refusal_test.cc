// Repositories that are none, are broken, belong to others, or would have something started.
#include <unistd.h>

#include "tests/unit/guard/git_case.h"

namespace stagerun {
namespace {

using std::filesystem::exists;

class GitRefusalTest : public GitCase {
 protected:
  void SetUp() override {
    GitCase::SetUp();
    commit();
  }
  void expect_unreadable(const std::string& part) const {
    const Diagnostic found = problem();
    EXPECT_EQ(found.code, "git.unreadable");
    EXPECT_NE(found.text.find(part), std::string::npos) << found.text;
    EXPECT_NE(found.hint, "");
  }
  std::filesystem::path object_of(const std::string& name) const {
    const std::string id = told("rev-parse " + name);
    return work_ / ".git/objects" / id.substr(0, 2) / id.substr(2);
  }
  void spoil(const std::filesystem::path& file, const std::string& bytes) const {
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    std::ofstream(file) << bytes;
  }
};

TEST_F(GitRefusalTest, FolderOutsideOfAnyRepository) {
  std::filesystem::create_directory(folder_ / "outside");
  const Diagnostic found = problem(folder_ / "outside");
  EXPECT_EQ(found.code, "git.no_repository");
  EXPECT_EQ(found.text, "the pipeline's folder is in no git repository");
}

TEST_F(GitRefusalTest, SearchEndsAtTheCeiling) {
  commit("deploy/prod/pipeline.toml");
  ::setenv("GIT_CEILING_DIRECTORIES", (work_ / "deploy").c_str(), 1);
  EXPECT_EQ(problem(work_ / "deploy/prod").code, "git.no_repository");
  EXPECT_EQ(told("-C deploy/prod rev-parse HEAD"), "");
}

TEST_F(GitRefusalTest, FolderThatOnlyLooksLikeARepositoryIsNone) {
  std::filesystem::create_directories(folder_ / "fake/.git");
  EXPECT_EQ(problem(folder_ / "fake").code, "git.no_repository");
}

TEST_F(GitRefusalTest, HeadThatIsNoReference) {
  write(".git/HEAD", "nonsense\n");
  expect_unreadable(".git/");
}

TEST_F(GitRefusalTest, BranchThatIsNoCommit) {
  write(".git/refs/heads/main", "nonsense\n");
  expect_unreadable("");
  write(".git/refs/heads/main", "1234567890123456789012345678901234567890\n");
  expect_unreadable("1234567890123456789012345678901234567890");
}

TEST_F(GitRefusalTest, CommitThatIsDamaged) {
  spoil(object_of("HEAD"), "nonsense");
  expect_unreadable(".git/");
}

TEST_F(GitRefusalTest, TreeThatIsGone) {
  const std::string tree = told("rev-parse 'HEAD^{tree}'");
  std::filesystem::remove(object_of(tree));
  expect_unreadable(tree);
}

TEST_F(GitRefusalTest, IndexThatIsDamaged) {
  std::string index = *read_file(work_ / ".git/index", 1 << 20);
  index[index.size() / 2] = static_cast<char>(index[index.size() / 2] ^ 1);
  spoil(work_ / ".git/index", index);
  expect_unreadable("index");
  spoil(work_ / ".git/index", "DIRC");
  expect_unreadable("index");
}

TEST_F(GitRefusalTest, IndexIsOnlyReadWhereItIsAskedFor) {
  spoil(work_ / ".git/index", "DIRC");
  const auto answer = read(GitQuestion{work_, {}});
  EXPECT_TRUE(std::holds_alternative<GitFacts>(answer));
}

TEST_F(GitRefusalTest, IndexInPiecesIsRefusedNotMisread) {
  git("update-index --split-index");
  expect_unreadable("link");
}

TEST_F(GitRefusalTest, IndexThatLeavesFoldersOutIsRefusedNotMisread) {
  commit("src/deep/file");
  git("sparse-checkout set --cone --sparse-index other");
  expect_unreadable("sdir");
}

TEST_F(GitRefusalTest, SettingsThatCannotBeParsed) {
  write(".git/config", "[core\n");
  expect_unreadable("");
}

TEST_F(GitRefusalTest, RepositoryWithOtherDigests) {
  git("init -q --object-format=sha256 ../later");
  const Diagnostic found = problem(folder_ / "later");
  EXPECT_EQ(found.code, "git.unreadable");
  EXPECT_EQ(found.hint,
            "only repositories with SHA-1 objects can be read; make this an input: -i NAME=VALUE");
}

TEST_F(GitRefusalTest, RepositoryOfALaterFormat) {
  git("config core.repositoryFormatVersion 99");
  expect_unreadable("99");
}

TEST_F(GitRefusalTest, LinkOfAWorkTreeThatLeadsNowhere) {
  std::filesystem::create_directory(folder_ / "lost");
  std::ofstream(folder_ / "lost/.git") << "gitdir: /nowhere/at/all\n";
  const auto answer = read(folder_ / "lost");
  EXPECT_TRUE(std::holds_alternative<Diagnostic>(answer));
}

// Changing an owner needs root: what a container's user is.
class GitOwnerTest : public GitRefusalTest {
 protected:
  void SetUp() override {
    GitRefusalTest::SetUp();
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
    std::filesystem::remove(settings_);
    shell("chown -R 12345 .");
  }
  void TearDown() override { std::filesystem::remove(settings_); }
  std::filesystem::path settings_ = std::filesystem::path(std::getenv("HOME")) / ".gitconfig";
};

TEST_F(GitOwnerTest, RepositoryOfAnotherUserIsRefusedWithItsRemedy) {
  const Diagnostic found = problem();
  EXPECT_EQ(found.code, "git.owner");
  EXPECT_EQ(found.text,
            fmt::format("the git repository {} belongs to another user", work_.string()));
  const std::string remedy = "if you trust it: ";
  ASSERT_TRUE(found.hint.starts_with(remedy)) << found.hint;
  // Where others are trusted libgit2 says it in other words.
  std::ofstream(settings_) << "[safe]\ndirectory = /elsewhere\n";
  EXPECT_EQ(problem().code, "git.owner");
  // And the remedy helps.
  shell(found.hint.substr(remedy.size()));
  EXPECT_EQ(facts().branch, "main");
}

TEST_F(GitOwnerTest, FolderBelowNamesTheRepository) {
  std::filesystem::create_directories(work_ / "deploy/prod");
  EXPECT_EQ(problem(work_ / "deploy/prod").text, problem().text);
}

TEST_F(GitOwnerTest, RemedyHelpsInABareRepositoryAndInALinkedWorkTree) {
  shell("chown -R 0 .");
  git("clone -q --bare . ../bare.git");
  git("worktree add -q ../second -b other");
  shell("chown -R 12345 . ../bare.git ../second");
  for (const char* name : {"bare.git", "second"}) {
    const Diagnostic found = problem(folder_ / name);
    EXPECT_EQ(found.code, "git.owner") << name;
    shell(found.hint.substr(found.hint.find("git config")));
    EXPECT_TRUE(facts(folder_ / name).sha) << name;
  }
}

// What a repository's settings could have started by the real git. Each would leave a file.
TEST_F(GitRefusalTest, NothingThatTheRepositoryNamesIsStarted) {
  const std::string trap = (folder_ / "trap").string();
  const std::string sprung = (folder_ / "sprung").string();
  std::ofstream(trap) << "#!/bin/sh\necho \"$0 $*\" >> '" << sprung << "'\ncat\n";
  std::filesystem::permissions(trap, std::filesystem::perms::owner_all);
  for (const char* key :
       {"core.fsmonitor", "core.sshCommand", "core.pager", "core.editor", "core.askPass",
        "core.gitProxy", "core.alternateRefsCommand", "credential.helper", "gpg.program",
        "diff.external", "diff.x.command", "diff.x.textconv", "filter.x.clean", "filter.x.smudge",
        "filter.x.process", "merge.x.driver", "uploadpack.packObjectsHook", "alias.status"}) {
    git(fmt::format("config {} '{}'", key, trap));
  }
  git("config filter.x.required true");
  std::filesystem::create_directory(folder_ / "hooks");
  for (const char* hook : {"post-index-change", "pre-auto-gc", "post-checkout", "fsmonitor"}) {
    std::filesystem::create_symlink(trap, folder_ / "hooks" / hook);
  }
  git("config core.hooksPath '" + (folder_ / "hooks").string() + "'");
  write(".gitattributes", "* filter=x diff=x merge=x\n");
  write("file", "tixt\n");
  static_cast<void>(facts());
  EXPECT_FALSE(exists(sprung)) << *read_file(sprung, 1 << 20);
  // And they are real traps.
  shell("git status > /dev/null; true");
  EXPECT_TRUE(exists(sprung));
}

TEST_F(GitRefusalTest, NothingIsFetchedWhereAPartialCloneLacksIt) {
  git("config uploadpack.allowFilter true");
  shell("git clone -q --filter=blob:none --no-checkout \"file://$PWD\" ../clone");
  shell("cd ../clone && git read-tree HEAD && rm -rf '" + (work_ / ".git").string() + "'");
  std::ofstream(folder_ / "clone/file") << "text\n";
  EXPECT_EQ(facts(folder_ / "clone").dirty, false);
}

}  // namespace
}  // namespace stagerun
