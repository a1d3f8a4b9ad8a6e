#include "core/run/runner.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/plan/resolve.h"
#include "core/run/decide.h"
#include "core/run/exit_status.h"

namespace stagerun {

Runner::Runner(Loop& loop, const Plan& plan, const RunState& state, Places places,
               SessionPorts ports)
    : loop_(loop), plan_(plan), state_(state), places_(std::move(places)), ports_(ports) {
  context_ = context_of(plan);
  for (const PlannedStage& planned : plan.stages) learn_outputs(planned.spec.name);
  interrupted_by_ = state.cancelled_by;
  turn_end_ = loop_.at_turn_end([this] { at_turn_end(); });
}

Runner::~Runner() { loop_.remove_turn_end(turn_end_); }

Result<int> Runner::run() {
  loop_.run_until([this] { return (status_ || error_) && !session_; });
  if (error_) return *error_;
  return *status_;
}

void Runner::at_turn_end() {
  if (session_over_) {
    if (session_->journal_error()) error_ = session_->journal_error();
    session_.reset();
    session_over_ = false;
  }
  while (!session_ && !status_ && !error_) step();
}

void Runner::interrupt(int signal) {
  interrupted_by_ = signal;
  record(CancelRequested{signal});
  at_once_ = ++signals_ > 1;
  if (!session_) return;
  if (at_once_) {
    session_->kill();
  } else if (!state_.rollback) {
    session_->cancel();
  }
}

void Runner::step() {
  if (at_once_) {
    const Status synced = ports_.journal.sync();
    if (!synced) error_ = synced.error();
    status_ = exit_signal + *interrupted_by_;
  } else if (state_.rollback) {
    step_backward();
  } else {
    step_forward();
  }
}

void Runner::step_forward() {
  if (next_ == plan_.stages.size()) return interrupted_by_ ? after_interrupt(nullptr) : end();
  const PlannedStage& planned = plan_.stages[next_];
  const StageState& state = state_.stage(planned.spec.name);
  if (state.settled) {
    if (!is_success(state.settled->result)) return after_failure(planned, *state.settled);
    ++next_;
    return;
  }
  if (interrupted_by_) return after_interrupt(&planned);
  const Decision decision = decide_forward(planned, state);
  if (decision.action == Decision::Do::run_verb) return run_verb(planned, decision.verb);
  CHECK(decision.action == Decision::Do::settle);
  settle(planned.spec.name, decision.result, decision.reason);
}

void Runner::after_failure(const PlannedStage& planned, const StageSettled& settled) {
  const std::string name = planned.spec.name;
  if (holds_everything(state_.stage(name))) return end();
  const bool cancelled = settled.result == StageResult::cancelled;
  switch (planned.spec.on_failure) {
    case OnFailure::rollback:
      return start_rollback(fmt::format("stage `{}` {}: {}", name,
                                        cancelled ? "was cancelled" : "failed", settled.reason));
    case OnFailure::stop:
      return end();
    case OnFailure::keep_going:
      if (cancelled) return start_rollback(fmt::format("stage `{}` was cancelled", name));
      ++next_;
  }
}

// Whatever had begun is settled as cancelled; what it let through is undone.
void Runner::after_interrupt(const PlannedStage* planned) {
  const bool begun = planned != nullptr && state_.stage(planned->spec.name).started(Verb::apply);
  const std::string reason = fmt::format("the run was cancelled by signal {}", *interrupted_by_);
  if (!begun) return start_rollback(reason);
  settle(planned->spec.name, StageResult::cancelled, reason);
}

void Runner::settle(const std::string& stage, StageResult result, const std::string& reason) {
  record(StageSettled{stage, result, reason});
  if (is_success(result)) learn_outputs(stage);
}

void Runner::learn_outputs(const std::string& stage) {
  const StageState& state = state_.stage(stage);
  if (!state.settled || state.outputs.members() == nullptr) return;
  context_.find("stages")->set(stage, Value::object().set("outputs", state.outputs));
}

void Runner::run_verb(const PlannedStage& planned, Verb verb) {
  const std::string& name = planned.spec.name;
  const StageState& state = state_.stage(name);
  VerbSetup setup = make_setup(planned, verb, state, context_, places_);
  if (!setup.missing.empty() && verb != Verb::rollback) {
    return settle(name, StageResult::failed,
                  fmt::format("`{}` has no value: that stage did not end well",
                              fmt::join(setup.missing.front().path, ".")));
  }
  if (!setup.problem.empty() && verb != Verb::rollback) {
    return settle(name, StageResult::failed, "its configuration has no value: " + setup.problem);
  }
  const Status made = make_folder(setup.scope.scratch);
  if (!made) {
    error_ = made.error();
    return;
  }
  session_ = std::make_unique<VerbSession>(ports_, std::move(setup), state.notes,
                                           [this, &planned, verb](const VerbOutcome& outcome) {
                                             session_over_ = true;
                                             if (verb == Verb::rollback && !at_once_)
                                               on_rollback_done(planned, outcome);
                                           });
  session_->start();
}

void Runner::start_rollback(const std::string& reason) { record(RollbackStarted{reason, false}); }

// Newest first: in the order in which stages first did something, backwards.
void Runner::find_way_back() {
  way_back_.emplace();
  for (const std::string& name : state_.order) {
    const PlannedStage* planned = plan_.find(name);
    if (planned != nullptr) way_back_->push_back(planned);
  }
}

void Runner::step_backward() {
  if (!way_back_) find_way_back();
  if (way_back_->empty()) return end();
  const PlannedStage& planned = *way_back_->back();
  const std::string& name = planned.spec.name;
  const UndoDecision decision =
      decide_backward(planned, state_.stage(name), state_.rollback->manual);
  switch (decision.action) {
    case UndoDecision::Do::nothing:
      way_back_->pop_back();
      return;
    case UndoDecision::Do::settle:
      return record(StageRolledBack{name, decision.result, decision.reason});
    case UndoDecision::Do::run_rollback:
      return run_verb(planned, Verb::rollback);
  }
}

void Runner::on_rollback_done(const PlannedStage& planned, const VerbOutcome& outcome) {
  record(StageRolledBack{planned.spec.name, undo_result(outcome.status), outcome.failure.text});
}

void Runner::record(const EventBody& body) {
  const Status status = ports_.journal.append(body);
  if (!status && !error_) error_ = status.error();
}

void Runner::end() {
  const int status = exit_status(plan_, state_);
  record(RunEnded{status});
  const Status synced = ports_.journal.sync();
  if (!synced) error_ = synced.error();
  status_ = status;
}

}  // namespace stagerun
