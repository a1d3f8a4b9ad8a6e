// Engine: the wiring of one run on this machine: journal, broker, runner and reports around one
// folder. What `run`, `resume` and `rollback` share.
#pragma once

#include <memory>
#include <string>

#include "core/broker/broker.h"
#include "core/cli/host.h"
#include "core/cli/load.h"
#include "core/cli/run_journal.h"
#include "core/journal/run_store.h"
#include "core/journal/writer.h"
#include "core/model/run_state.h"
#include "core/report/console.h"
#include "core/report/stage_logs.h"

namespace stagerun {

class Engine {
 public:
  // A new run: its folder, its journal with RunStarted synced.
  static Result<std::unique_ptr<Engine>> begin(Host& host, journal::RunStore& store, const Fd& lock,
                                               Loaded& loaded);

  // A run that is there: ends whatever its dead host left running, then takes it over.
  static Result<std::unique_ptr<Engine>> take_over(Host& host, journal::RunStore& store,
                                                   const Fd& lock, const std::string& run,
                                                   const Loaded& loaded,
                                                   const std::string& command);

  const RunState& state() const { return state_; }
  const std::string& run() const { return run_; }

  // Before go_on: from here only back, everything that policy lets.
  Status roll_back();

  // Carries the run on until nothing more will be done now; the exit status.
  int go_on(const Plan& plan, const std::filesystem::path& workspace);

 private:
  Engine(Host& host, std::filesystem::path folder, std::string run, Fd children_lock,
         std::shared_ptr<SecretStore> secrets);
  void attach(std::unique_ptr<journal::Writer> writer);
  void on_event(const RunEvent& event);

  Host& host_;
  std::filesystem::path folder_;
  std::string run_;
  Fd children_lock_;
  std::shared_ptr<SecretStore> secrets_;
  std::unique_ptr<journal::Writer> writer_;
  std::unique_ptr<RunJournal> journal_;  // over the writer: what the rooms write to
  RunState state_;
  Console console_;
  StageLogs logs_;
};

}  // namespace stagerun
