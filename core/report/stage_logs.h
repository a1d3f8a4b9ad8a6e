// StageLogs: everything that a run's stages say, a file each under RUN/log. Bounded a stage.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/base/fd.h"
#include "core/model/log_line.h"

namespace stagerun {

class StageLogs {
 public:
  // Empty: nothing is kept.
  explicit StageLogs(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // A log that cannot be written does not stop a run: the journal is what counts.
  void on_log(const LogLine& line);

 private:
  struct File {
    Fd fd;
    std::size_t bytes = 0;
  };

  std::filesystem::path folder_;
  std::map<std::string, File> files_;
};

}  // namespace stagerun
