// Runner: carries a run from where its events say it stands to its end: forward, stages side by
// side where their needs allow it, and back, one after the other, where it must. Whether the run is
// fresh or was killed makes no difference here. Loop's thread only.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/loop.h"
#include "core/model/log_line.h"
#include "core/model/plan.h"
#include "core/model/ports.h"
#include "core/model/run_state.h"
#include "core/run/context.h"
#include "core/run/decide.h"
#include "core/run/front.h"
#include "core/run/verb_session.h"

namespace stagerun {

class Runner {
 public:
  // All must outlive the runner. `state` is folded from the journal by whoever owns it: each event
  // that the runner appends must be in it when append() returns. `at_once`: stages side by side.
  Runner(Loop& loop, const Plan& plan, const RunState& state, Places places, SessionPorts ports,
         std::size_t at_once);
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
  // A stage that is at work: from its beginning until it is settled.
  struct Active {
    const PlannedStage* stage = nullptr;
    std::size_t index = 0;                 // in the plan
    std::unique_ptr<VerbSession> session;  // null between two verbs
    bool is_over = false;                  // the session has nothing more to do
    Loop::TimerId pause = 0;               // until another attempt
  };
  using Actives = std::list<Active>;

  // Where the way forward leads to, once what is at work has ended.
  enum class Turn { none, close, go_back };

  void at_turn_end();
  void collect_ended();
  bool step();
  bool stop_at_once();
  bool step_forward();
  bool begin_next();
  bool check_condition(const PlannedStage& stage, std::size_t index);
  bool advance(Active& active);
  void settle(const PlannedStage& stage, std::size_t index, StageResult result,
              const std::string& reason);
  void after_settled(const PlannedStage& stage, std::size_t index);
  void turn_to(Turn turn, const std::string& reason);
  void take_turn();
  bool step_backward(WayBack way);
  bool run_verb(Active& active, Verb verb, std::int64_t not_before_ms);
  bool start_session(Active& active, Verb verb);
  bool take_known_plan(const PlannedStage& stage, const VerbSetup& setup);
  void on_rollback_done(const PlannedStage& stage, const VerbOutcome& outcome);
  void find_way_back();
  void record(const EventBody& body);
  void end();

  Loop& loop_;
  Loop::TurnEndId turn_end_ = 0;
  const Plan& plan_;
  const RunState& state_;
  Places places_;
  SessionPorts ports_;
  std::size_t at_once_;
  Front front_;
  RunContext context_;
  Actives active_;
  std::unordered_map<std::string, VerbOutcome> known_plans_;  // by pure_question()
  Turn turn_ = Turn::none;
  std::string turn_reason_;
  bool is_held_ = false;  // nothing further may run: see holds_everything()
  // What is left to visit, next one last.
  std::optional<std::vector<std::size_t>> way_back_;
  std::optional<int> interrupted_by_;
  int signals_ = 0;  // that this host got
  bool is_stopping_ = false;
  std::optional<int> status_;
  std::optional<Error> error_;
};

}  // namespace stagerun
