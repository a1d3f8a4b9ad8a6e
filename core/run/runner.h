// Runner: carries a run from where its events say it stands to its end, one stage after the other:
// forward, and back where it must. Whether the run is fresh or was killed makes no difference here.
// Loop's thread only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/loop.h"
#include "core/model/log_line.h"
#include "core/model/plan.h"
#include "core/model/ports.h"
#include "core/model/run_state.h"
#include "core/run/verb_session.h"

namespace stagerun {

class Runner {
 public:
  // All must outlive the runner. `state` is folded from the journal by whoever owns it: each event
  // that the runner appends must be in it when append() returns.
  Runner(Loop& loop, const Plan& plan, const RunState& state, Places places, SessionPorts ports);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Runs the loop until nothing more will be done now. The exit status; or an error where the
  // journal could not be written, and nothing more was let through.
  Result<int> run();

  // The first: stop by policy and go back; a rollback goes on. The second: stop at once, leaving
  // the run to `resume`.
  void interrupt(int signal);

 private:
  void at_turn_end();
  void step();
  void step_forward();
  void step_backward();
  void after_failure(const PlannedStage& planned, const StageSettled& settled);
  void after_interrupt(const PlannedStage* planned);
  void run_verb(const PlannedStage& planned, Verb verb);
  void on_rollback_done(const PlannedStage& planned, const VerbOutcome& outcome);
  void settle(const std::string& stage, StageResult result, const std::string& reason);
  void start_rollback(const std::string& reason);
  void find_way_back();
  void record(const EventBody& body);
  void end();
  void learn_outputs(const std::string& stage);

  Loop& loop_;
  Loop::TurnEndId turn_end_ = 0;
  const Plan& plan_;
  const RunState& state_;
  Places places_;
  SessionPorts ports_;
  std::unique_ptr<VerbSession> session_;
  bool session_over_ = false;
  std::size_t next_ = 0;  // the first stage, in plan order, that may have something left to do
  std::optional<std::vector<const PlannedStage*>>
      way_back_;  // what is left to visit, next one last
  Value context_;
  std::optional<int> interrupted_by_;
  int signals_ = 0;  // that this host got
  bool at_once_ = false;
  std::optional<int> status_;
  std::optional<Error> error_;
};

}  // namespace stagerun
