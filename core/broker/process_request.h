// The form of a process/1 request (docs/effects.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/value.h"

namespace stagerun {

struct ProcessRequest {
  enum class Output { log, lines, file, none };

  std::vector<std::string> argv;  // of `shell` too; empty with stop and alive
  std::filesystem::path cwd;      // absolute, symbolic links resolved, inside the workspace
  std::vector<std::pair<std::string, std::string>> env;
  std::optional<std::vector<std::string>> inherit;  // names; nothing: all
  Output output = Output::log;
  std::string output_file;  // a plain file name
  std::int64_t grace_ms = 0;
  bool takes_input = false;          // from write()
  std::optional<std::string> input;  // all of it
  bool leaves_running = false;
  std::string stop;   // the id of a service
  std::string alive;  // the id of a service
};

// The error's text says what is wrong with the request.
Result<ProcessRequest> parse_process(const Value& request, const std::filesystem::path& workspace);

// What is inherited, as far as the request wants it, with the request's own added; its names win.
std::vector<std::string> environment_of(const ProcessRequest& request,
                                        std::vector<std::string> inherited);

}  // namespace stagerun
