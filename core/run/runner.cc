#include "core/run/runner.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/plan/evaluate.h"
#include "core/run/exit_status.h"

namespace stagerun {

Runner::Runner(Loop& loop, const Plan& plan, const RunState& state, Places places,
               SessionPorts ports, std::size_t at_once)
    : loop_(loop),
      plan_(plan),
      state_(state),
      places_(std::move(places)),
      ports_(ports),
      at_once_(std::max<std::size_t>(at_once, 1)),
      front_(plan),
      context_(plan) {
  for (const PlannedStage& stage : plan.stages) {
    context_.learn(stage.spec.name, state.stage(stage.spec.name));
  }
  interrupted_by_ = state.cancelled_by;
  turn_end_ = loop_.at_turn_end([this] { at_turn_end(); });
}

Runner::~Runner() {
  for (const Active& active : active_) loop_.cancel(active.pause);
  loop_.remove_turn_end(turn_end_);
}

Result<int> Runner::run() {
  const auto is_quiet = [this] {
    return std::all_of(active_.begin(), active_.end(),
                       [](const Active& active) { return active.session == nullptr; });
  };
  loop_.run_until([&] { return (status_ || error_) && is_quiet(); });
  if (error_) return *error_;
  return *status_;
}

void Runner::at_turn_end() {
  collect_ended();
  if (error_) {
    for (Active& active : active_) {
      if (active.session) active.session->kill();
    }
    return;
  }
  while (!status_ && !error_ && step()) {
  }
}

void Runner::collect_ended() {
  for (auto active = active_.begin(); active != active_.end();) {
    if (!active->is_over) {
      ++active;
      continue;
    }
    if (active->session->journal_error()) error_ = active->session->journal_error();
    active->session.reset();
    active->is_over = false;
    // A stage on its way forward is kept until it is settled.
    active = state_.rollback || state_.closing ? active_.erase(active) : std::next(active);
  }
}

void Runner::interrupt(int signal) {
  interrupted_by_ = signal;
  record(CancelRequested{signal});
  is_stopping_ = ++signals_ > 1;
  for (Active& active : active_) {
    if (is_stopping_ && active.session) active.session->kill();
    if (state_.rollback && !is_stopping_) continue;
    if (active.session) active.session->cancel();
    loop_.cancel(std::exchange(active.pause, 0));
  }
}

// True where there may be more to do at once.
bool Runner::step() {
  if (is_stopping_) return stop_at_once();
  if (state_.rollback) {
    return step_backward(state_.rollback->manual ? WayBack::by_hand : WayBack::failed);
  }
  return state_.closing ? step_backward(WayBack::at_close) : step_forward();
}

bool Runner::stop_at_once() {
  const bool is_busy = std::any_of(active_.begin(), active_.end(),
                                   [](const Active& active) { return active.session != nullptr; });
  if (is_busy) return false;
  const Status synced = ports_.journal.sync();
  if (!synced) error_ = synced.error();
  status_ = exit_signal + *interrupted_by_;
  return false;
}

// -- Forward ------------------------------------------------------------------------------------

bool Runner::step_forward() {
  bool has_moved = false;
  for (auto active = active_.begin(); active != active_.end();) {
    const bool is_waiting = active->session != nullptr || active->pause != 0;
    if (is_waiting) {
      ++active;
      continue;
    }
    has_moved = true;
    active = advance(*active) ? std::next(active) : active_.erase(active);
  }
  while (active_.size() < at_once_ && begin_next()) has_moved = true;
  if (!active_.empty() || !front_.is_empty()) return has_moved;
  take_turn();
  return true;
}

// Takes the next stage out of the front; false where none is free.
bool Runner::begin_next() {
  const auto index = front_.take();
  if (!index) return false;
  const PlannedStage& stage = plan_.stages[*index];
  const StageState& state = state_.stage(stage.spec.name);
  if (state.settled) {
    after_settled(stage, *index);
    return true;
  }
  // What an earlier host had begun is brought to an end, whatever the run turns to, but where it
  // goes back anyway.
  const bool has_begun = state.started(Verb::apply);
  const bool may_begin = turn_ == Turn::none && !interrupted_by_;
  const bool may_end = has_begun && turn_ != Turn::go_back && !is_held_;
  if (!may_begin && !may_end) return true;
  if (!stage.is_chosen) {
    settle(stage, *index, StageResult::skipped, std::string(kNotChosen));
    return true;
  }
  if (state.verbs.empty() && !check_condition(stage, *index)) return true;
  active_.push_back({&stage, *index, nullptr, false, 0});
  return true;
}

// False where the stage is settled without having begun.
bool Runner::check_condition(const PlannedStage& stage, std::size_t index) {
  if (!stage.spec.condition) return true;
  const Condition condition = evaluate_condition(stage.spec, context_.value());
  switch (condition.answer) {
    case Condition::Answer::holds:
      return true;
    case Condition::Answer::does_not_hold:
      settle(stage, index, StageResult::skipped, "its condition does not hold");
      return false;
    default:
      settle(stage, index, StageResult::failed, "its condition: " + condition.text);
      return false;
  }
}

// False once the stage is done with.
bool Runner::advance(Active& active) {
  const PlannedStage& stage = *active.stage;
  const StageState& state = state_.stage(stage.spec.name);
  if (interrupted_by_ || turn_ == Turn::go_back) {
    const std::string why =
        interrupted_by_ ? fmt::format("the run was cancelled by signal {}", *interrupted_by_)
                        : "another stage failed meanwhile";
    const bool has_begun = state.started(Verb::apply);
    if (has_begun) settle(stage, active.index, StageResult::cancelled, why);
    return false;
  }
  const Decision decision = decide_forward(stage, state);
  if (decision.action == Decision::Do::run_verb) {
    return run_verb(active, decision.verb, decision.not_before_ms);
  }
  CHECK(decision.action == Decision::Do::settle);
  settle(stage, active.index, decision.result, decision.reason);
  return false;
}

void Runner::settle(const PlannedStage& stage, std::size_t index, StageResult result,
                    const std::string& reason) {
  record(StageSettled{stage.spec.name, result, reason});
  if (!error_) after_settled(stage, index);
}

void Runner::after_settled(const PlannedStage& stage, std::size_t index) {
  const std::string& name = stage.spec.name;
  const StageState& state = state_.stage(name);
  if (is_success(state.settled->result)) {
    context_.learn(name, state);
    return front_.done(index);
  }
  if (holds_everything(state)) {
    is_held_ = true;
    return turn_to(Turn::close, "");
  }
  const bool cancelled = state.settled->result == StageResult::cancelled;
  const OnFailure policy = stage.spec.on_failure;
  if (policy == OnFailure::stop) return turn_to(Turn::close, "");
  if (policy == OnFailure::keep_going && !cancelled) return front_.done(index);
  turn_to(Turn::go_back,
          cancelled && policy == OnFailure::keep_going
              ? fmt::format("stage `{}` was cancelled", name)
              : fmt::format("stage `{}` {}: {}", name, cancelled ? "was cancelled" : "failed",
                            state.settled->reason));
}

// Going back wins over closing; the first reason is the one that is told.
void Runner::turn_to(Turn turn, const std::string& reason) {
  if (turn_ == Turn::go_back || turn_ == turn) return;
  turn_ = turn;
  turn_reason_ = reason;
  if (turn != Turn::go_back) return;
  for (Active& active : active_) {
    if (active.session) active.session->cancel();
    loop_.cancel(std::exchange(active.pause, 0));
  }
}

// Nothing is at work, and nothing more can begin.
void Runner::take_turn() {
  if (is_held_) return end();
  if (turn_ == Turn::go_back) return record(RollbackStarted{turn_reason_, false, "", ""});
  if (interrupted_by_ && turn_ == Turn::none) {
    return record(RollbackStarted{
        fmt::format("the run was cancelled by signal {}", *interrupted_by_), false, "", ""});
  }
  const bool has_to_close =
      std::any_of(plan_.stages.begin(), plan_.stages.end(), [this](const PlannedStage& stage) {
        return stage.spec.rollback == RollbackPolicy::always &&
               state_.stage(stage.spec.name).has_write_intent();
      });
  if (has_to_close) return record(ClosingStarted{});
  end();
}

// -- One verb -----------------------------------------------------------------------------------

// False where it cannot be run, and the stage is settled.
bool Runner::run_verb(Active& active, Verb verb, std::int64_t not_before_ms) {
  const std::int64_t pause_ms = not_before_ms - loop_.clock().now_ms();
  if (pause_ms <= 0) return start_session(active, verb);
  active.pause = loop_.after(pause_ms, [this, &active, verb] {
    active.pause = 0;
    static_cast<void>(start_session(active, verb));
  });
  return true;
}

bool Runner::start_session(Active& active, Verb verb) {
  const PlannedStage& stage = *active.stage;
  const StageState& state = state_.stage(stage.spec.name);
  VerbSetup setup = make_setup(stage, verb, state, context_, places_);
  if (!setup.missing.empty() && verb != Verb::rollback) {
    settle(
        stage, active.index, StageResult::failed,
        fmt::format(
            "`{}` has no value{}", setup.missing.front(),
            setup.missing.front().starts_with("stages.") ? ": that stage did not end well" : ""));
    return false;
  }
  if (!setup.problem.empty() && verb != Verb::rollback) {
    settle(stage, active.index, StageResult::failed,
           "its configuration has no value: " + setup.problem);
    return false;
  }
  if (verb == Verb::plan && take_known_plan(stage, setup)) return true;
  const std::string question = verb == Verb::plan ? pure_question(stage, setup) : "";
  active.session =
      std::make_unique<VerbSession>(ports_, std::move(setup), state.notes,
                                    [this, &active, verb, question](const VerbOutcome& outcome) {
                                      active.is_over = true;
                                      if (!question.empty() && is_success(outcome.status))
                                        known_plans_.emplace(question, outcome);
                                      if (verb == Verb::rollback && !is_stopping_)
                                        on_rollback_done(*active.stage, outcome);
                                    });
  active.session->start();
  return true;
}

// True where this plan has been made for another stage, and the answer must be the same.
bool Runner::take_known_plan(const PlannedStage& stage, const VerbSetup& setup) {
  const auto known = known_plans_.find(pure_question(stage, setup));
  if (known == known_plans_.end()) return false;
  const VerbOutcome& outcome = known->second;
  record(VerbStarted{stage.spec.name, Verb::plan, setup.call.attempt});
  record(VerbEnded{stage.spec.name,
                   Verb::plan,
                   setup.call.attempt,
                   outcome.status,
                   {},
                   Bytes{outcome.result},
                   Value::object()});
  return true;
}

// -- Back ---------------------------------------------------------------------------------------

// Newest first: in the order in which stages first did something, backwards.
void Runner::find_way_back() {
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < plan_.stages.size(); ++i) index[plan_.stages[i].spec.name] = i;
  way_back_.emplace();
  for (const std::string& name : state_.to_undo()) {
    const auto found = index.find(name);
    if (found != index.end()) way_back_->push_back(found->second);
  }
}

bool Runner::step_backward(WayBack way) {
  if (!active_.empty()) return false;
  if (!way_back_) find_way_back();
  if (way_back_->empty()) {
    end();
    return true;
  }
  const PlannedStage& stage = plan_.stages[way_back_->back()];
  const UndoDecision decision = decide_backward(stage, state_.stage(stage.spec.name), way);
  switch (decision.action) {
    case UndoDecision::Do::nothing:
      way_back_->pop_back();
      return true;
    case UndoDecision::Do::settle:
      record(StageRolledBack{stage.spec.name, decision.result, decision.reason});
      return true;
    case UndoDecision::Do::run_rollback:
      active_.push_back({&stage, way_back_->back(), nullptr, false, 0});
      run_verb(active_.back(), Verb::rollback, decision.not_before_ms);
      return false;
  }
  return false;
}

void Runner::on_rollback_done(const PlannedStage& stage, const VerbOutcome& outcome) {
  const StageState& state = state_.stage(stage.spec.name);
  if (!is_success(outcome.status) && next_attempt(stage, state, Verb::rollback)) return;
  record(StageRolledBack{stage.spec.name, undo_result(outcome.status), outcome.failure.text});
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
