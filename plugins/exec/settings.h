// Settings: what a stage's `with` asks of exec. docs/plugins/exec.md has the meaning of each.
#pragma once

#include <string>
#include <vector>

#include <stagerun/stagerun.hpp>

namespace exec {

using Argv = std::vector<std::string>;

struct Settings {
  Argv run;
  Argv undo;
  Argv check;
  Argv record;
  std::string cwd;
  std::string env = "{}";  // JSON: an object of strings
  std::vector<std::string> expect_exit;
  std::string outputs = "{}";  // JSON: name to type
  std::int64_t grace_ms = -1;
  bool changes = true;
  bool leaves_running = false;

  // What the host takes the stage for; the manifest says the same in its `flags`.
  bool irreversible() const { return changes && undo.empty() && !leaves_running; }
  bool expects(int status) const;
};

Settings read_settings(const sr::Call& call);

// Says what contradicts itself or cannot work. Values that are not known yet are left alone.
void diagnose_settings(sr::Call& call, const Settings& settings);

// The command line for a person: quoted where a shell would need it, cut where it is long.
std::string readable(const Argv& argv);

}  // namespace exec
