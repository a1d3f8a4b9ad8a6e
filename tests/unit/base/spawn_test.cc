#include "core/base/spawn.h"

#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include "core/base/fd.h"
#include "core/base/files.h"
#include "tests/support/temp_folder.h"

namespace stagerun {
namespace {

class SpawnTest : public testing::Test {
 protected:
  SpawnTest() { options.environment = {"PATH=/usr/bin:/bin"}; }

  // What the script says on its standard output.
  std::string output(const std::string& script) {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const Fd reader(ends[0]);
    Fd writer(ends[1]);
    options.argv = {"/bin/sh", "-c", script};
    options.descriptors.emplace_back(writer.get(), 1);
    const pid_t pid = *spawn(options);
    writer.reset();
    std::string text;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(reader.get(), buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(n));
    }
    ::waitpid(pid, nullptr, 0);
    return text;
  }
  int status_of(const std::string& program) {
    options.argv = {program};
    const Result<pid_t> pid = spawn(options);
    if (!pid) return -1;
    int status = 0;
    ::waitpid(*pid, &status, 0);
    return WEXITSTATUS(status);
  }
  void program(const std::filesystem::path& path, const std::string& text) {
    ASSERT_TRUE(write_file(path, text));
    ASSERT_EQ(::chmod(path.c_str(), 0700), 0);
  }

  support::TempFolder folder;
  SpawnOptions options;
};

TEST_F(SpawnTest, ProgramIsLookedUpInTheChildsPath) {
  program(folder / "only-here", "#!/bin/sh\nexit 9\n");
  EXPECT_EQ(status_of("only-here"), -1);
  options.environment = {"PATH=" + folder.path().string()};
  EXPECT_EQ(status_of("only-here"), 9);
}

TEST_F(SpawnTest, FolderOfThatNameIsNoProgram) {
  ASSERT_TRUE(make_folder(folder / "first/tool") && make_folder(folder / "second"));
  program(folder / "second/tool", "#!/bin/sh\nexit 8\n");
  options.environment = {"PATH=" + (folder / "first").string() + ":" +
                         (folder / "second").string()};
  EXPECT_EQ(status_of("tool"), 8);
}

TEST_F(SpawnTest, WhatCannotBeStartedIsAnError) {
  EXPECT_EQ(status_of("no-such-program"), -1);
  EXPECT_EQ(status_of("/no/such/program"), -1);
  program(folder / "text", "this is no program");
  EXPECT_EQ(status_of(folder / "text"), -1);
}

TEST_F(SpawnTest, ChildHasExactlyTheDescriptorsGiven) {
  const Fd leaky(::open("/dev/null", O_RDONLY));  // not close-on-exec on purpose
  const Fd high(::fcntl(leaky.get(), F_DUPFD, 200));
  options.descriptors = {{leaky.get(), 5}};
  EXPECT_EQ(output("cd /proc/self/fd && echo *"), "0 1 2 3 5\n");  // 3: the folder itself
}

TEST_F(SpawnTest, DescriptorsMayTradePlaces) {
  ASSERT_TRUE(write_file(folder / "a", "a") && write_file(folder / "b", "b"));
  const Fd a = *open_file(folder / "a", O_RDONLY);
  const Fd b = *open_file(folder / "b", O_RDONLY);
  ASSERT_LT(std::max(a.get(), b.get()), 16);
  options.descriptors = {{a.get(), b.get()}, {b.get(), a.get()}};
  const std::string read_a = "cat <&" + std::to_string(a.get());
  const std::string read_b = "cat <&" + std::to_string(b.get());
  EXPECT_EQ(output(read_a + "; " + read_b), "ba");
}

TEST_F(SpawnTest, ChildHasTheEnvironmentGivenAndNoOther) {
  options.environment = {"ONLY=this"};
  EXPECT_EQ(output("echo $ONLY $HOME"), "this\n");
}

TEST_F(SpawnTest, RelativeProgramMeansTheChildsFolder) {
  ASSERT_TRUE(make_folder(folder / "sub"));
  program(folder / "sub/tool", "#!/bin/sh\nexit 7\n");
  options.cwd = folder / "sub";
  EXPECT_EQ(status_of("./tool"), 7);
}

TEST_F(SpawnTest, ChildLeadsItsOwnGroup) {
  const std::string fields = output("cut -d' ' -f1,5,6 /proc/$$/stat");
  const std::string pid = fields.substr(0, fields.find(' '));
  EXPECT_EQ(fields, pid + " " + pid + " " + std::to_string(::getsid(0)) + "\n");
}

TEST_F(SpawnTest, ChildMayHaveItsOwnSession) {
  options.own_session = true;
  const std::string fields = output("cut -d' ' -f1,5,6 /proc/$$/stat");
  const std::string pid = fields.substr(0, fields.find(' '));
  EXPECT_EQ(fields, pid + " " + pid + " " + pid + "\n");
}

TEST_F(SpawnTest, IgnoredSignalsAreNotPassedOn) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  const std::string ignored = output("grep SigIgn /proc/$$/status | cut -f2");
  ::signal(SIGPIPE, before);
  // Signals 32 and 33 are the C library's own.
  EXPECT_EQ(std::stoull(ignored, nullptr, 16) & 0x7FFF'FFFF, 0u);
}

}  // namespace
}  // namespace stagerun
