// Settings: what a stage's `with` asks of exec. docs/plugins/exec.md has the meaning of each.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <stagerun/stagerun.hpp>

namespace exec {

using Argv = std::vector<std::string>;

// A program and its arguments, or a line for /bin/sh.
struct Command {
  Argv argv{};
  std::string line{};

  bool is_empty() const { return argv.empty() && line.empty(); }
};

struct Settings {
  Command run;
  Command undo;
  Command check;
  Command record;
  std::string cwd;
  std::string env = "{}";                             // JSON: an object of strings
  std::string input{};                                // for `run`
  std::optional<std::vector<std::string>> inherit{};  // nothing: all
  std::vector<std::string> expect_exit;
  std::string outputs = "{}";  // JSON: name to type
  std::int64_t grace_ms = -1;
  bool changes = true;
  bool leaves_running = false;

  // What the host takes the stage for; the manifest says the same in its `flags`.
  bool irreversible() const { return changes && undo.is_empty() && !leaves_running; }
  bool expects(int status) const;
};

Settings read_settings(const sr::Call& call);

// Says what contradicts itself or cannot work. Values that are not known yet are left alone.
void diagnose_settings(sr::Call& call, const Settings& settings);

// The command line for a person: quoted where a shell would need it, on one line, cut where it is
// long.
std::string readable(const Command& command);

}  // namespace exec
