// Real folders, with real files in them, for tests of worlds.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/rehearsal/fingerprint.h"
#include "tests/support/temp_folder.h"

namespace stagerun::rehearsal {

namespace fs = std::filesystem;

class FolderCase : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directory(work_); }

  // In the workspace.
  void shell(const std::string& line) const { shell_in(work_, line); }
  static void shell_in(const fs::path& folder, const std::string& line) {
    const std::string command = "cd '" + folder.string() + "' && { " + line + " ; } >/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0) << line;
  }
  void write(const std::string& path, const std::string& bytes) const {
    fs::create_directories((work_ / path).parent_path());
    ASSERT_TRUE(write_file(work_ / path, bytes));
  }
  static std::string read(const fs::path& path) {
    const auto bytes = read_file(path, 1 << 20);
    return bytes ? *bytes : bytes.error().text;
  }
  static Fingerprint look(const fs::path& folder) {
    auto found = look_at(folder, ".stagerun");
    EXPECT_TRUE(found) << found.error().text;
    return found ? *std::move(found) : Fingerprint();
  }
  // "file a changed" and so on, of what a line of shell does in the workspace.
  std::vector<std::string> changes_by(const std::string& line) const {
    const Fingerprint before = look(work_);
    shell(line);
    std::vector<std::string> told;
    for (const Difference& one : differences(before, look(work_))) {
      told.push_back(one.what + " " + one.how);
    }
    return told;
  }

  support::TempFolder folder_;
  fs::path work_ = fs::canonical(folder_.path()) / "work";
};

using Told = std::vector<std::string>;

}  // namespace stagerun::rehearsal
