// Plan: the pipeline in the order in which it will run, each stage bound to its plugin. A value.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/value.h"
#include "core/model/pipeline.h"
#include "core/model/plugin_info.h"

namespace stagerun {

// The argv that a line for the shell is started with.
inline std::vector<std::string> shell_argv(const std::string& line) {
  return {"/bin/sh", "-c", line};
}

// What the broker lets one stage do, drawn from its manifest and its resolved configuration.
struct Grants {
  std::vector<std::string> effects;                     // effect kinds: "http/1"
  std::vector<std::vector<std::string>> read_prefixes;  // argv prefixes that only read
  std::vector<std::vector<std::string>> read_commands;  // whole argvs the author declared as reads;
                                                        // of shell lines as shell_argv() has them
  std::vector<std::string> hosts;      // "host:port", or a URL with a handle in it; empty: any
  std::vector<std::string> variables;  // of our environment, that secret/1 may open

  friend bool operator==(const Grants&, const Grants&) = default;
};

// Which stages a run is about; where nothing is named, all of them.
struct Choice {
  std::string from;               // this one and all that need it, directly or not
  std::vector<std::string> only;  // these and no other

  bool is_all() const { return from.empty() && only.empty(); }
};

struct PlannedStage {
  StageSpec spec;
  PluginRef plugin;
  // What its plugin says of it; one for all stages of a kind. Never null.
  std::shared_ptr<const StageInfo> info = std::make_shared<StageInfo>();
  std::uint32_t flags = 0;  // the plugin's, with what its manifest adds for this configuration
  bool verifies_good_apply = true;  // else it is verified only where apply's end is not known
  bool is_chosen = true;            // false: the run skips it

  bool reads_only() const { return (flags & flag_reads_only) != 0; }
  bool can_go_back() const {
    return (flags & (flag_reversible | flag_compensable)) != 0 && info->has(Verb::rollback);
  }
  bool irreversible() const { return !reads_only() && !can_go_back(); }
  // True where the configuration holds another stage's outputs: the plugin sees it only in the run.
  bool waits_for_outputs() const {
    for (const auto& [pointer, text] : spec.templates) {
      for (const Template::Part& part : text.parts) {
        if (!part.expression) continue;
        for (const Reference* reference : part.expression->references()) {
          if (reference->path.front() == "stages") return true;
        }
      }
    }
    return false;
  }
  bool may_repeat() const { return (flags & (flag_idempotent | flag_resumable)) != 0; }
};

struct Plan {
  std::string pipeline_name;
  std::string environment;
  std::vector<PlannedStage> stages;  // every stage after all that it needs
  Value inputs;                      // checked, defaults filled in
  std::vector<SecretSpec> secrets;
  // What expressions see beside inputs and stages, fixed when the run begins: "environment",
  // "run", "git", "env", "runs". An object.
  Value surroundings = Value::object();
  Choice choice;

  const PlannedStage* find(const std::string& name) const {
    for (const PlannedStage& stage : stages) {
      if (stage.spec.name == name) return &stage;
    }
    return nullptr;
  }
};

}  // namespace stagerun
