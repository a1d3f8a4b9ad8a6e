#include "core/report/run_history.h"

#include <random>

#include <gtest/gtest.h>

#include "core/report/report_junit.h"
#include "core/report/report_text.h"
#include "core/report/report_value.h"
#include "core/report/standing.h"

namespace stagerun {
namespace {

EffectIntended write(const std::string& id, std::uint32_t attempt = 1) {
  return {"a", Verb::apply, attempt, id, "key", "process/1", "do " + id, Access::write, Value()};
}

EffectSettled settled(const std::string& id, Value outcome, std::uint32_t attempt = 1) {
  return {"a", Verb::apply, attempt, id, std::move(outcome)};
}

RunHistory history_of(const std::vector<EventBody>& bodies) {
  RunHistory history;
  std::int64_t at_ms = 1'000;
  for (const EventBody& body : bodies) fold(history, {at_ms += 10, body});
  return history;
}

VerbEnded ended(Verb verb, VerbStatus status, const std::string& text = "") {
  return {"a", verb, 1, status, {"code", text, ""}, {}, Value()};
}

TEST(RunHistory, AnEffectBelongsToItsAttempt) {
  const RunHistory history = history_of(
      {VerbStarted{"a", Verb::apply, 1}, write("x"), VerbStarted{"a", Verb::apply, 2},
       write("x", 2), settled("x", Value::object().set("event", "exited").set("status", 0), 2)});
  ASSERT_EQ(history.stages.size(), 1u);
  const auto& attempts = history.stages[0].attempts;
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_TRUE(attempts[0].effects[0].is_in_doubt());
  EXPECT_FALSE(attempts[1].effects[0].is_in_doubt());
  EXPECT_EQ(attempts[1].effects[0].outcome_text(), "exited with 0");
  EXPECT_EQ(attempts[1].effects[0].ended_at_ms, 1'050);
}

TEST(RunHistory, WhatIsSureNotToHaveHappenedIsNoChange) {
  const Value failed = Value::object().set("event", "failed").set("text", "no such program");
  Value maybe = failed;
  maybe.set("may_have_happened", true);
  const RunHistory history =
      history_of({VerbStarted{"a", Verb::apply, 1}, write("never"), settled("never", failed),
                  write("maybe"), settled("maybe", maybe), write("unknown")});
  std::vector<std::string> ids;
  for (const EffectHistory* effect : history.stages[0].changes()) {
    ids.push_back(effect->id);
    EXPECT_TRUE(effect->is_in_doubt());
  }
  EXPECT_EQ(ids, (std::vector<std::string>{"maybe", "unknown"}));
}

TEST(RunHistory, TheFirstFailureIsNotHiddenByLaterOnes) {
  const RunHistory history = history_of(
      {VerbStarted{"a", Verb::apply, 1}, ended(Verb::apply, VerbStatus::failed, "first"),
       StageSettled{"a", StageResult::failed, "first"},
       StageSettled{"b", StageResult::failed, "second"}, RollbackStarted{"first", false, "", ""},
       VerbStarted{"a", Verb::rollback, 1}, ended(Verb::rollback, VerbStatus::failed, "third"),
       StageRolledBack{"a", UndoResult::failed, "third"}, RunEnded{7}});
  ASSERT_TRUE(history.failure.has_value());
  EXPECT_EQ(history.failure->reason, "first");
  ASSERT_TRUE(history.failure->verb.has_value());
  EXPECT_EQ(history.failure->verb->verb, Verb::apply);
}

TEST(RunHistory, ARunThatWasTakenUpAgainHasNotEnded) {
  const RunHistory history =
      history_of({RunStarted{}, RunEnded{9}, RunResumed{"resume", "b", "x"}});
  EXPECT_EQ(history.ended_at_ms, 0);
  EXPECT_EQ(history.hosts.size(), 2u);
  EXPECT_EQ(history.hosts[1].by, "x");
}

TEST(RunHistory, StagesThatNeverBeganComeLast) {
  RunHistory history = history_of({StageSettled{"b", StageResult::skipped, "why"}});
  Pipeline pipeline;
  pipeline.name = "p";
  for (const char* name : {"a", "b"}) {
    pipeline.stages.emplace_back();
    pipeline.stages.back().name = name;
    pipeline.stages.back().uses = "exec";
  }
  complete(history, pipeline);
  ASSERT_EQ(history.stages.size(), 2u);
  EXPECT_EQ(history.stages[0].name, "b");
  EXPECT_EQ(history.stages[0].uses, "exec");
  EXPECT_EQ(history.stages[1].name, "a");
  EXPECT_EQ(stage_standing(history.state_of(history.stages[1])), "not begun");
}

// Whatever a journal holds can be told, in any order and any number of times.
TEST(RunHistory, AnyOrderOfEventsGivesAReport) {
  const std::vector<EventBody> some = {
      RunStarted{},
      RunResumed{"resume", "b", ""},
      VerbStarted{"a", Verb::apply, 1},
      VerbStarted{"a", Verb::rollback, 1},
      ended(Verb::apply, VerbStatus::failed, "x"),
      write("x"),
      settled("x", Value()),
      ProcessStarted{"a", "key", 4, 5, true},
      StageSettled{"a", StageResult::in_doubt, "x"},
      StageSettled{"b", StageResult::skipped, std::string(kNotChosen)},
      RollbackStarted{"x", true, "a", ""},
      ClosingStarted{},
      StageRolledBack{"a", UndoResult::conflict, "x"},
      CancelRequested{15},
      RunEnded{0},
  };
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::vector<EventBody> bodies;
    for (std::size_t i = 0; i < some.size(); ++i) bodies.push_back(some[random() % some.size()]);
    const RunHistory history = history_of(bodies);
    EXPECT_FALSE(report_text(history).empty());
    EXPECT_NE(report_value(history).find("stages"), nullptr);
    const bool is_good = history.state.ended == 0 && !history.state.rollback;
    EXPECT_EQ(report_junit(history).find("\"(run)\"") == std::string::npos, is_good);
  }
}

}  // namespace
}  // namespace stagerun
