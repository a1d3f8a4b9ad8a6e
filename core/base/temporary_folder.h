// TemporaryFolder: a folder of our own, readable by us alone, which goes with this value.
#pragma once

#include <filesystem>
#include <utility>

#include "core/base/result.h"

namespace stagerun {

class TemporaryFolder {
 public:
  // Where TMPDIR says, else in /tmp.
  static Result<TemporaryFolder> make();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

}  // namespace stagerun
