// Console: tells a run as it happens, in plain lines, for a person or a CI log. A fold over events;
// what it prints is bounded a stage, the whole is in the run's log files.
#pragma once

#include <cstdio>
#include <map>
#include <string>

#include "core/model/log_line.h"
#include "core/model/run_event.h"

namespace stagerun {

enum class Verbosity { quiet, normal, verbose };

class Console {
 public:
  // Writes to `out`, which must outlive it.
  Console(std::FILE* out, Verbosity verbosity) : out_(out), verbosity_(verbosity) {}

  void on_event(const RunEvent& event);
  void on_log(const LogLine& line);

 private:
  struct StageView {
    std::int64_t started_at_ms = 0;
    std::size_t lines = 0;
    bool cut = false;
    std::string hint;  // of the last failure
  };

  void print(const std::string& line);
  void print_hint(const std::string& stage);
  void tell(const RunEvent& event);

  std::FILE* out_;
  Verbosity verbosity_;
  bool by_hand_ = false;  // the rollback was asked for
  std::map<std::string, StageView> stages_;
};

}  // namespace stagerun
