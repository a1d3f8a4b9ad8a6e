// From a pipeline's file to a Plan: reads it, asks the plugins that it names, checks everything.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <variant>

#include "core/base/diagnostic.h"
#include "core/broker/secret_store.h"
#include "core/cli/host.h"
#include "core/model/plan.h"

namespace stagerun {

struct Loaded {
  Source source;
  std::filesystem::path workspace;  // absolute
  std::filesystem::path state;      // where its runs are
  Plan plan;
  std::shared_ptr<SecretStore> secrets;  // named; their values once they were opened
  RehearseSpec rehearse;                 // of the file; empty where it comes from a run
  std::vector<std::string> variables;    // of `env`; the same
};

// Either the plan, or the exit status after everything that is wrong was printed.
std::variant<Loaded, int> load_pipeline(Host& host);

// What is missing for a run to begin: opens the secrets, too; 0, or the exit status after it was
// printed.
int check_start(const Host& host, const Loaded& loaded);

// Reads the values of its secrets; 0, or the exit status after what is missing was printed.
int open_secrets(const Host& host, const Loaded& loaded);

// The same as load_pipeline, from what a run's journal holds: never from an edited file.
std::variant<Loaded, int> load_from_run(Host& host, const RunStarted& started);

}  // namespace stagerun
