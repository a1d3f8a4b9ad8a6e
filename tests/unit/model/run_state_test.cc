#include "core/model/run_state.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/random.h"

namespace stagerun {
namespace {

using support::Random;

RunState after(std::vector<EventBody> bodies) {
  RunState state;
  std::int64_t at_ms = 1'000;
  for (EventBody& body : bodies) fold(state, RunEvent{at_ms++, std::move(body)});
  return state;
}

VerbStarted started(const char* stage, Verb verb, std::uint32_t attempt = 1) {
  return {stage, verb, attempt};
}

VerbEnded ended(const char* stage, Verb verb, VerbStatus status, Value outputs = Value()) {
  return {stage, verb, 1, status, {}, {}, std::move(outputs)};
}

EffectIntended intended(const char* stage, Verb verb, std::uint32_t attempt, const char* id,
                        Access access) {
  EffectIntended event;
  event.stage = stage;
  event.verb = verb;
  event.attempt = attempt;
  event.id = id;
  event.access = access;
  return event;
}

EffectSettled outcome_of(const EffectIntended& intent, Value outcome) {
  return {intent.stage, intent.verb, intent.attempt, intent.id, std::move(outcome)};
}

TEST(RunState, OfNothingIsEmpty) {
  const RunState state = fold(std::vector<RunEvent>{});
  EXPECT_TRUE(state.stages.empty());
  EXPECT_TRUE(state.order.empty());
  EXPECT_FALSE(state.ended || state.rollback || state.cancelled_by);
}

TEST(RunState, AStageThatDidNothingIsEmptyAndStaysUnlisted) {
  const RunState state;
  EXPECT_FALSE(state.stage("none").has_write_intent());
  EXPECT_FALSE(state.stage("none").started(Verb::plan));
  EXPECT_EQ(state.stage("none").ended(Verb::plan), nullptr);
  EXPECT_TRUE(state.stages.empty());
}

TEST(RunState, StartKeepsWhatResumeNeedsAndTheTimes) {
  RunStarted start;
  start.run = "r1";
  start.pipeline_text = "name = 'x'";
  start.boot = "boot-1";
  const RunState state = after({start, CancelRequested{2}, RunEnded{130}});
  EXPECT_EQ(state.started.run, "r1");
  EXPECT_EQ(state.started.pipeline_text, "name = 'x'");
  EXPECT_EQ(state.boot, "boot-1");
  EXPECT_EQ(state.started_at_ms, 1'000);
  EXPECT_EQ(state.last_at_ms, 1'002);
}

TEST(RunState, StagesAreListedInTheOrderOfTheirFirstDeed) {
  const RunState state = after({started("b", Verb::plan), started("a", Verb::plan),
                                started("b", Verb::apply), NoteAdded{"c", {"n"}}});
  EXPECT_EQ(state.order, (std::vector<std::string>{"b", "a", "c"}));
}

TEST(RunState, AVerbThatStartedHasNotEndedUntilItDid) {
  RunState state = after({started("a", Verb::apply, 2)});
  EXPECT_TRUE(state.stage("a").started(Verb::apply));
  EXPECT_EQ(state.stage("a").ended(Verb::apply), nullptr);
  EXPECT_EQ(state.stage("a").applies, 2u);
  fold(state, {2'000, ended("a", Verb::apply, VerbStatus::failed)});
  ASSERT_NE(state.stage("a").ended(Verb::apply), nullptr);
  EXPECT_EQ(state.stage("a").ended(Verb::apply)->status, VerbStatus::failed);
}

TEST(RunState, TheNextAttemptForgetsTheLastOnesEnd) {
  const RunState state =
      after({started("a", Verb::apply), ended("a", Verb::apply, VerbStatus::retry),
             started("a", Verb::apply, 2)});
  EXPECT_EQ(state.stage("a").ended(Verb::apply), nullptr);
  EXPECT_EQ(state.stage("a").verbs.at(Verb::apply).attempt, 2u);
}

TEST(RunState, OnlyAVerifyAfterTheLastApplySettlesIt) {
  RunState state = after({started("a", Verb::apply), started("a", Verb::verify)});
  EXPECT_TRUE(state.stage("a").verified_since_apply);
  fold(state, {2'000, started("a", Verb::apply, 2)});
  EXPECT_FALSE(state.stage("a").verified_since_apply);
}

TEST(RunState, OutputsComeFromApplyAndVerifyThatWentWell) {
  const auto output = [](const char* name, int value) { return Value::object().set(name, value); };
  const RunState state = after({
      ended("a", Verb::plan, VerbStatus::ok, output("planned", 1)),
      ended("a", Verb::apply, VerbStatus::failed, output("failed", 1)),
      ended("a", Verb::apply, VerbStatus::ok, output("applied", 1)),
      ended("a", Verb::verify, VerbStatus::unchanged, output("verified", 2)),
      ended("a", Verb::verify, VerbStatus::ok, Value("no object")),
      ended("a", Verb::rollback, VerbStatus::ok, output("undone", 1)),
  });
  EXPECT_EQ(state.stage("a").outputs, Value::object().set("applied", 1).set("verified", 2));
}

TEST(RunState, TheLastCheckpointStandsAndEveryNoteIsKept) {
  const RunState state = after({CheckpointSaved{"a", {"1"}}, NoteAdded{"a", {"x"}},
                                CheckpointSaved{"a", {"2"}}, NoteAdded{"a", {"y"}}});
  EXPECT_EQ(state.stage("a").checkpoint, Bytes{"2"});
  EXPECT_EQ(state.stage("a").notes, (std::vector<Bytes>{{"x"}, {"y"}}));
}

TEST(RunState, AWriteIntentWithoutAnOutcomeIsPending) {
  const EffectIntended write = intended("a", Verb::apply, 1, "w", Access::write);
  RunState state = after({write});
  EXPECT_TRUE(state.stage("a").has_write_intent());
  EXPECT_TRUE(state.stage("a").has_pending_write());
  fold(state, {2'000, outcome_of(write, Value("exited"))});
  EXPECT_TRUE(state.stage("a").has_write_intent());
  EXPECT_FALSE(state.stage("a").has_pending_write());
}

TEST(RunState, ReadsAndTheWritesOfRollbackAreNoWriteIntents) {
  const RunState state = after({intended("a", Verb::apply, 1, "r", Access::read),
                                intended("a", Verb::rollback, 1, "w", Access::write)});
  EXPECT_FALSE(state.stage("a").has_write_intent());
  EXPECT_FALSE(state.stage("a").has_pending_write());
  EXPECT_EQ(state.stage("a").effects.size(), 2u);
}

TEST(RunState, AnOutcomeSettlesTheEffectOfItsVerbAttemptAndIdOnly) {
  const RunState state = after({
      intended("a", Verb::apply, 1, "w", Access::write),
      intended("a", Verb::apply, 2, "w", Access::write),
      intended("a", Verb::apply, 2, "v", Access::write),
      intended("a", Verb::rollback, 2, "w", Access::write),
      EffectSettled{"a", Verb::apply, 2, "w", Value("done")},
      EffectSettled{"b", Verb::apply, 1, "w", Value("of another stage")},
      EffectSettled{"a", Verb::apply, 9, "w", Value("of nothing")},
  });
  const auto& effects = state.stage("a").effects;
  EXPECT_FALSE(effects[0].outcome);
  EXPECT_EQ(effects[1].outcome, Value("done"));
  EXPECT_FALSE(effects[2].outcome);
  EXPECT_FALSE(effects[3].outcome);
}

TEST(RunState, OnlyProcessesThatOutliveTheirStageAreServices) {
  const RunState state =
      after({ProcessStarted{"a", "k1", 11, 100, false}, ProcessStarted{"a", "k2", 12, 200, true}});
  ASSERT_EQ(state.stage("a").services.size(), 1u);
  EXPECT_EQ(state.stage("a").services[0].pid, 12);
  EXPECT_EQ(state.stage("a").services[0].start_ticks, 200);
  EXPECT_EQ(state.stage("a").services[0].key, "k2");
}

TEST(RunState, SettlingRollbackCancelAndEndAreKept) {
  const RunState state = after({StageSettled{"a", StageResult::failed, "why"}, CancelRequested{2},
                                CancelRequested{15}, RollbackStarted{"a failed", true, "", ""},
                                StageRolledBack{"a", UndoResult::undone, ""}, RunEnded{6}});
  EXPECT_EQ(state.stage("a").settled->result, StageResult::failed);
  EXPECT_EQ(state.stage("a").settled->reason, "why");
  EXPECT_EQ(state.cancelled_by, 2) << "the first signal is the one that counts";
  EXPECT_TRUE(state.rollback->manual);
  EXPECT_EQ(state.stage("a").rolled_back->result, UndoResult::undone);
  EXPECT_EQ(state.ended, 6);
}

TEST(RunStateResumed, IsOpenAgainUnderTheNewBoot) {
  RunStarted start;
  start.boot = "boot-1";
  const RunState state = after({start, RunEnded{9}, RunResumed{"resume", "boot-2"}});
  EXPECT_FALSE(state.ended);
  EXPECT_EQ(state.boot, "boot-2");
  EXPECT_EQ(state.started.boot, "boot-1");
}

TEST(RunStateResumed, AfterARebootNoServiceIsLeft) {
  RunStarted start;
  start.boot = "one";
  const ProcessStarted service{"a", "k/a", 42, 7, true};
  EXPECT_EQ(after({start, service, RunResumed{"resume", "one"}}).stage("a").services.size(), 1u);
  EXPECT_TRUE(after({start, service, RunResumed{"resume", "two"}}).stage("a").services.empty());
}

TEST(RunStateResumed, WhatWasInDoubtIsLookedAtAnew) {
  const RunState state =
      after({started("a", Verb::apply), started("a", Verb::verify),
             StageSettled{"a", StageResult::in_doubt, "?"}, StageSettled{"b", StageResult::ok, ""},
             RunEnded{9}, RunResumed{"resume", ""}});
  EXPECT_FALSE(state.stage("a").settled);
  EXPECT_FALSE(state.stage("a").verified_since_apply);
  EXPECT_TRUE(state.stage("b").settled);
}

TEST(RunStateResumed, UndosThatDidNotGoWellAreTriedAnew) {
  const RunState state =
      after({StageRolledBack{"undone", UndoResult::undone, ""},
             StageRolledBack{"nothing", UndoResult::nothing, ""},
             StageRolledBack{"stands", UndoResult::stands, ""},
             StageRolledBack{"conflict", UndoResult::conflict, ""},
             StageRolledBack{"failed", UndoResult::failed, ""}, RunResumed{"rollback", ""}});
  EXPECT_TRUE(state.stage("undone").rolled_back);
  EXPECT_TRUE(state.stage("nothing").rolled_back);
  EXPECT_FALSE(state.stage("stands").rolled_back);
  EXPECT_FALSE(state.stage("conflict").rolled_back);
  EXPECT_FALSE(state.stage("failed").rolled_back);
}

// One of each, and more of those that refer to each other.
std::vector<EventBody> one_of_each() {
  RunStarted start;
  start.boot = "boot";
  const EffectIntended write = intended("a", Verb::apply, 1, "w", Access::write);
  return {start,
          RunResumed{"resume", "boot-2"},
          started("a", Verb::apply),
          ended("a", Verb::apply, VerbStatus::ok, Value::object().set("x", 1)),
          started("b", Verb::verify),
          ended("b", Verb::verify, VerbStatus::ok, Value::array()),
          CheckpointSaved{"a", {"c"}},
          NoteAdded{"", {"n"}},
          write,
          write,
          ProcessStarted{"a", "k", 1, 1, true},
          outcome_of(write, Value("done")),
          StageSettled{"a", StageResult::in_doubt, ""},
          RollbackStarted{},
          StageRolledBack{"a", UndoResult::failed, ""},
          CancelRequested{2},
          RunEnded{9},
          RunResumed{"rollback", "boot-3"}};
}

TEST(RunState, AnyOrderOfEventsGivesAState) {
  for (std::uint32_t seed = 0; seed < 2'000; ++seed) {
    Random random(seed);
    std::vector<EventBody> bodies = one_of_each();
    for (std::size_t i = bodies.size(); i > 1; --i)
      std::swap(bodies[i - 1], bodies[random.below(i)]);
    bodies.resize(random.below(bodies.size() + 1));
    const RunState state = after(bodies);
    ASSERT_EQ(state.order.size(), state.stages.size()) << "seed " << seed;
    for (const std::string& name : state.order) {
      ASSERT_TRUE(state.stages.contains(name)) << "seed " << seed;
      const StageState& stage = state.stage(name);
      ASSERT_TRUE(stage.has_write_intent() || !stage.has_pending_write()) << "seed " << seed;
    }
  }
}

TEST(RunState, FoldingInOneGoOrEventByEventIsTheSame) {
  std::vector<RunEvent> events;
  RunState one_by_one;
  for (const EventBody& body : one_of_each()) {
    events.push_back({static_cast<std::int64_t>(events.size()), body});
    fold(one_by_one, events.back());
  }
  const RunState at_once = fold(events);
  EXPECT_EQ(at_once.order, one_by_one.order);
  EXPECT_EQ(at_once.ended, one_by_one.ended);
  EXPECT_EQ(at_once.boot, "boot-3");
}

}  // namespace
}  // namespace stagerun
