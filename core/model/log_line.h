// LogLine: one line that a stage said, on its way to the reports. Not an event: it decides nothing.
#pragma once

#include <functional>
#include <string>

namespace stagerun {

struct LogLine {
  std::string stage;
  int level = 1;       // the ABI's sr_level: 0 debug, 1 info, 2 warn, 3 error
  std::string stream;  // "stdout" or "stderr" of a process; "" where the plugin itself speaks
  std::string text;
};

using LogSink = std::function<void(const LogLine&)>;

}  // namespace stagerun
