// What the command line says, as a value. The door to CLI11.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "core/cli/run_journal.h"
#include "core/model/plan.h"
#include "core/report/console.h"

namespace stagerun {

struct Arguments {
  std::string command;   // "run", "plugin list", ...
  std::string pipeline;  // a file, or a folder that holds pipeline.toml
  std::string run;       // a run's name, its beginning, or "" for the latest
  std::string plugin;    // of `plugin show` and `plugin new`
  std::map<std::string, std::string> inputs;
  std::string inputs_file;
  std::string environment;  // "": the pipeline's own
  Choice choice;            // of the stages, with --from or --only
  std::string to;           // of rollback: the last stage that stands
  std::string only;         // of rollback: the one stage
  std::vector<std::filesystem::path> plugin_folders;
  std::filesystem::path state;   // "": as the pipeline says, or .stagerun
  std::string format = "text";   // text | json | jsonl, and what a report or a graph can be
  std::filesystem::path output;  // of report: a file instead of stdout
  std::filesystem::path into;    // of `plugin new`: the project's folder; "": the module's name
  Verbosity verbosity = Verbosity::normal;
  bool yes = false;
  bool require_rehearsal = false;  // of run
  std::string faults = "none";     // of rehearse: which sets
  std::string fault;               // of rehearse: the one scenario
  std::uint64_t seed = 0;          // of rehearse
  std::vector<std::string> real;   // of rehearse: what is run, or asked, for real
  std::int64_t at_once = 4;
  Durability durability = Durability::effect;
  int kill_points = -1;  // hidden: the crash tests' descriptor
  int rehearsal = -1;    // hidden: the descriptor by which a rehearsal directs this host

  // For the commands that read no pipeline.
  std::filesystem::path state_folder() const { return state.empty() ? ".stagerun" : state; }
};

// Either the arguments, or the exit status after help, version or an error was printed.
std::variant<Arguments, int> parse_arguments(int argc, char** argv);

}  // namespace stagerun
