// Real repositories, made by the real git, for tests of what is read of them.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <variant>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/guard/git.h"
#include "tests/support/temp_folder.h"

namespace stagerun {

class GitCase : public ::testing::Test {
 protected:
  // Nothing of the developer's own settings counts. libgit2 looks for HOME when it is set up.
  static void SetUpTestSuite() {
    static const support::TempFolder home;
    ::setenv("HOME", home.path().c_str(), 1);
    ::setenv("GIT_CONFIG_GLOBAL", (home / ".gitconfig").c_str(), 1);
    ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    for (const char* name : {"XDG_CONFIG_HOME", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}) {
      ::unsetenv(name);
    }
    for (const char* who : {"AUTHOR", "COMMITTER"}) {
      ::setenv(fmt::format("GIT_{}_NAME", who).c_str(), "Ada", 1);
      ::setenv(fmt::format("GIT_{}_EMAIL", who).c_str(), "ada@example.com", 1);
    }
  }

  void SetUp() override {
    ::setenv("GIT_CEILING_DIRECTORIES", folder_.path().c_str(), 1);
    std::filesystem::create_directory(work_);
    git("init -q -b main");
  }

  // Runs it in the work tree. `at_s` is when tags and commits of it are made.
  void git(const std::string& arguments, int at_s = 1'700'000'000) const {
    const std::string date = fmt::format("GIT_COMMITTER_DATE='{} +0000' ", at_s);
    shell(date + "git -c protocol.file.allow=always " + arguments);
  }
  void shell(const std::string& line) const {
    const std::string command =
        fmt::format("cd '{}' && {{ {} ; }} > /dev/null 2>&1", work_.string(), line);
    ASSERT_EQ(std::system(command.c_str()), 0) << line;
  }
  // What git says, without the newline; empty where it says no.
  std::string told(const std::string& arguments) const {
    const std::string command =
        fmt::format("cd '{}' && git {} 2>/dev/null", work_.string(), arguments);
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen(command.c_str(), "r"), ::pclose);
    std::string text;
    std::array<char, 4096> part{};
    while (const auto count = std::fread(part.data(), 1, part.size(), pipe.get())) {
      text.append(part.data(), count);
    }
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

  void write(const std::string& path, const std::string& text = "text\n") const {
    std::filesystem::create_directories((work_ / path).parent_path());
    std::ofstream(work_ / path) << text;
  }
  void commit(const std::string& path = "file", const std::string& text = "text\n") const {
    write(path, text);
    git("add -A");
    git("commit -q -m '" + path + "'");
  }

  std::variant<GitFacts, Diagnostic> read(GitQuestion question) const {
    static const auto opened = open_git();
    EXPECT_TRUE(opened.has_value()) << opened.error().text;
    if (question.workspace.empty()) question.workspace = work_;
    if (question.state.empty()) question.state = question.workspace / ".stagerun";
    return (*opened)->read(question);
  }
  std::variant<GitFacts, Diagnostic> read(const std::filesystem::path& workspace = {}) const {
    GitQuestion question;
    question.workspace = workspace;
    question.tag = question.dirty = true;
    return read(std::move(question));
  }
  GitFacts facts(const std::filesystem::path& workspace = {}) const {
    const auto answer = read(workspace);
    if (const auto* problem = std::get_if<Diagnostic>(&answer)) {
      ADD_FAILURE() << problem->text;
      return {};
    }
    return std::get<GitFacts>(answer);
  }
  bool dirty() const { return facts().dirty.value_or(false); }
  Diagnostic problem(const std::filesystem::path& workspace = {}) const {
    const auto answer = read(workspace);
    if (const auto* found = std::get_if<Diagnostic>(&answer)) return *found;
    ADD_FAILURE() << "it could be read";
    return {};
  }

  // Every fact, held against the real git.
  void expect_what_git_says(const std::string& when) const {
    const GitFacts found = facts();
    EXPECT_EQ(found.sha.value_or(""), told("rev-parse -q --verify HEAD")) << when;
    EXPECT_EQ(found.branch.value_or(""), told("symbolic-ref -q --short HEAD")) << when;
    EXPECT_EQ(found.tag.value_or(""), told("describe --tags --exact-match")) << when;
    const std::string status = told("status --porcelain --untracked-files=all");
    EXPECT_EQ(found.dirty, !status.empty()) << when << "\n" << status;
  }

  support::TempFolder folder_;
  std::filesystem::path work_ = std::filesystem::canonical(folder_.path()) / "work";
};

}  // namespace stagerun
