// What the command line says, as a value. The door to CLI11.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/report/console.h"

namespace stagerun {

struct Arguments {
  std::string command;   // "run", "plugin list", ...
  std::string pipeline;  // a file, or a folder that holds pipeline.toml
  std::string run;       // a run's name, its beginning, or "" for the latest
  std::string plugin;    // of `plugin show`
  std::map<std::string, std::string> inputs;
  std::string environment;  // "": the one that the pipeline names
  std::vector<std::filesystem::path> plugin_folders;
  std::filesystem::path state = ".stagerun";
  std::string format = "text";  // text | json | jsonl
  Verbosity verbosity = Verbosity::normal;
  bool yes = false;
  int kill_points = -1;  // hidden: the crash tests' descriptor
};

// Either the arguments, or the exit status after help, version or an error was printed.
std::variant<Arguments, int> parse_arguments(int argc, char** argv);

}  // namespace stagerun
