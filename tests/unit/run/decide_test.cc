// What comes next for a stage: docs/journal-format.md's crash table, row by row.
#include "core/run/decide.h"

#include <gtest/gtest.h>

namespace stagerun {
namespace {

PlannedStage stage_with(std::uint32_t flags, std::vector<Verb> verbs) {
  PlannedStage stage;
  stage.spec.name = "s";
  stage.flags = flags;
  StageInfo info;
  for (const Verb verb : verbs) info.has_verb[static_cast<std::size_t>(verb)] = true;
  stage.info = std::make_shared<StageInfo>(info);
  return stage;
}

PlannedStage full_stage(std::uint32_t flags = flag_compensable) {
  return stage_with(flags, {Verb::plan, Verb::apply, Verb::verify, Verb::rollback});
}

class Story {
 public:
  Story& began(Verb verb, std::uint32_t attempt = 1) {
    return add(VerbStarted{"s", verb, attempt});
  }
  Story& ended(Verb verb, VerbStatus status, std::uint32_t attempt = 1) {
    return add(VerbEnded{"s", verb, attempt, status, {"c", "said so", ""}, {}, Value::object()});
  }
  Story& ran(Verb verb, VerbStatus status, std::uint32_t attempt = 1) {
    return began(verb, attempt).ended(verb, status, attempt);
  }
  Story& wrote() {
    return add(
        EffectIntended{"s", Verb::apply, 1, "run", "k", "process/1", "p", Access::write, {}});
  }
  Story& add(EventBody body) {
    fold(state_, {1, std::move(body)});
    return *this;
  }
  const StageState& stage() const { return state_.stage("s"); }
  Decision next(const PlannedStage& planned) const { return decide_forward(planned, stage()); }

 private:
  RunState state_;
};

void expect_verb(const Decision& decision, Verb verb) {
  EXPECT_EQ(decision.action, Decision::Do::run_verb);
  EXPECT_EQ(decision.verb, verb);
}

void expect_settled(const Decision& decision, StageResult result) {
  EXPECT_EQ(decision.action, Decision::Do::settle);
  EXPECT_EQ(decision.result, result);
}

TEST(DecideForward, AFreshStageIsPlannedThenAppliedThenVerified) {
  const PlannedStage stage = full_stage();
  Story story;
  expect_verb(story.next(stage), Verb::plan);
  expect_verb(story.ran(Verb::plan, VerbStatus::ok).next(stage), Verb::apply);
  expect_verb(story.ran(Verb::apply, VerbStatus::ok).next(stage), Verb::verify);
  expect_settled(story.ran(Verb::verify, VerbStatus::ok).next(stage), StageResult::ok);
}

TEST(DecideForward, AGoodApplyIsNotVerifiedWhereThePluginCannotSayMore) {
  PlannedStage stage = full_stage();
  stage.verifies_good_apply = false;
  Story good;
  good.ran(Verb::plan, VerbStatus::ok).ran(Verb::apply, VerbStatus::ok);
  expect_settled(good.next(stage), StageResult::ok);
  Story killed;
  killed.ran(Verb::plan, VerbStatus::ok).began(Verb::apply).wrote();
  expect_verb(killed.next(stage), Verb::verify);
  Story unclear;
  unclear.ran(Verb::plan, VerbStatus::ok).began(Verb::apply).wrote();
  expect_verb(unclear.ended(Verb::apply, VerbStatus::unknown).next(stage), Verb::verify);
}

TEST(DecideForward, AFailedSecondPlanFailsTheStage) {
  expect_settled(Story().ran(Verb::plan, VerbStatus::failed).next(full_stage()),
                 StageResult::failed);
  expect_settled(Story().ran(Verb::plan, VerbStatus::died).next(full_stage()), StageResult::failed);
}

TEST(DecideForward, AVerifyThatCannotTellLeavesAGoodApplyGood) {
  expect_settled(Story()
                     .ran(Verb::apply, VerbStatus::ok)
                     .ran(Verb::verify, VerbStatus::absent)
                     .next(full_stage()),
                 StageResult::ok);
}

TEST(DecideForward, AFailedVerifyFailsTheStage) {
  for (const VerbStatus status : {VerbStatus::failed, VerbStatus::unknown, VerbStatus::died}) {
    expect_settled(
        Story().ran(Verb::apply, VerbStatus::ok).ran(Verb::verify, status).next(full_stage()),
        StageResult::failed);
  }
}

TEST(DecideForward, AnUnchangedStageIsNotVerified) {
  expect_settled(Story().ran(Verb::apply, VerbStatus::unchanged).next(full_stage()),
                 StageResult::unchanged);
}

TEST(DecideForward, ADeadWorkerInApplyIsAFailedStageEvenAfterAWrite) {
  expect_settled(
      Story().began(Verb::apply).wrote().ended(Verb::apply, VerbStatus::died).next(full_stage()),
      StageResult::failed);
}

TEST(DecideForward, AnApplyThatCannotKnowIsVerified) {
  Story story;
  story.began(Verb::apply).wrote().ended(Verb::apply, VerbStatus::unknown);
  expect_verb(story.next(full_stage()), Verb::verify);
  Story done = story;
  expect_settled(done.ran(Verb::verify, VerbStatus::ok).next(full_stage()), StageResult::ok);
  Story not_done = story;
  expect_settled(not_done.ran(Verb::verify, VerbStatus::failed).next(full_stage()),
                 StageResult::failed);
  expect_settled(story.ran(Verb::verify, VerbStatus::unknown).next(full_stage()),
                 StageResult::in_doubt);
}

TEST(DecideForward, AnApplyThatCannotKnowButWroteNothingFailed) {
  expect_settled(Story().ran(Verb::apply, VerbStatus::unknown).next(full_stage()),
                 StageResult::failed);
}

TEST(DecideForward, KilledInApplyWithoutAWriteItIsAppliedAgain) {
  expect_verb(Story().began(Verb::apply).next(full_stage()), Verb::apply);
}

TEST(DecideForward, KilledInApplyAfterAWriteItIsVerifiedFirst) {
  expect_verb(Story().began(Verb::apply).wrote().next(full_stage()), Verb::verify);
}

TEST(DecideForward, KilledAndVerifiedAsDoneItIsDone) {
  expect_settled(
      Story().began(Verb::apply).wrote().ran(Verb::verify, VerbStatus::ok).next(full_stage()),
      StageResult::ok);
}

TEST(DecideForward, KilledAndVerifiedAsNotDoneItIsAppliedAgain) {
  expect_verb(
      Story().began(Verb::apply).wrote().ran(Verb::verify, VerbStatus::failed).next(full_stage()),
      Verb::apply);
}

TEST(DecideForward, KilledAndNotVerifiableItIsInDoubtUnlessItMayRepeat) {
  Story story;
  story.began(Verb::apply).wrote().ran(Verb::verify, VerbStatus::unknown);
  expect_settled(story.next(full_stage()), StageResult::in_doubt);
  expect_verb(story.next(full_stage(flag_compensable | flag_idempotent)), Verb::apply);
  expect_verb(story.next(full_stage(flag_compensable | flag_resumable)), Verb::apply);
}

TEST(DecideForward, KilledWithoutAVerifyVerbItIsInDoubtUnlessItMayRepeat) {
  const auto stage = stage_with(flag_compensable, {Verb::apply, Verb::rollback});
  const auto repeatable =
      stage_with(flag_compensable | flag_idempotent, {Verb::apply, Verb::rollback});
  expect_settled(Story().began(Verb::apply).wrote().next(stage), StageResult::in_doubt);
  expect_verb(Story().began(Verb::apply).wrote().next(repeatable), Verb::apply);
}

TEST(DecideForward, KilledTwiceTheOldVerdictDoesNotCountForTheNewApply) {
  Story story;
  story.began(Verb::apply).wrote().ran(Verb::verify, VerbStatus::failed).began(Verb::apply, 2);
  expect_verb(story.next(full_stage()), Verb::verify);
}

TEST(DecideForward, KilledInVerifyItIsVerifiedAgain) {
  expect_verb(Story().ran(Verb::apply, VerbStatus::ok).began(Verb::verify).next(full_stage()),
              Verb::verify);
}

TEST(DecideForward, InDoubtAfterAKillEverythingIsHeld) {
  Story story;
  story.began(Verb::apply).wrote().add(StageSettled{"s", StageResult::in_doubt, ""});
  EXPECT_TRUE(holds_everything(story.stage()));
  Story live;
  live.began(Verb::apply).wrote().ended(Verb::apply, VerbStatus::unknown);
  live.add(StageSettled{"s", StageResult::in_doubt, ""});
  EXPECT_FALSE(holds_everything(live.stage()));
}

TEST(DecideBackward, AStageThatWroteNothingIsNotVisited) {
  EXPECT_EQ(decide_backward(full_stage(), Story().ran(Verb::apply, VerbStatus::ok).stage(),
                            WayBack::failed)
                .action,
            UndoDecision::Do::nothing);
}

TEST(DecideBackward, AStageThatWroteGoesBackWhateverItsApplyReturned) {
  for (const VerbStatus status : {VerbStatus::ok, VerbStatus::failed, VerbStatus::died}) {
    const Story story = Story().began(Verb::apply).wrote().ended(Verb::apply, status);
    EXPECT_EQ(decide_backward(full_stage(), story.stage(), WayBack::failed).action,
              UndoDecision::Do::run_rollback);
  }
}

TEST(DecideBackward, ManualStandsUntilAPersonAsks) {
  PlannedStage stage = full_stage();
  stage.spec.rollback = RollbackPolicy::manual;
  const Story story = Story().began(Verb::apply).wrote();
  EXPECT_EQ(decide_backward(stage, story.stage(), WayBack::failed).result, UndoResult::stands);
  EXPECT_EQ(decide_backward(stage, story.stage(), WayBack::by_hand).action,
            UndoDecision::Do::run_rollback);
}

TEST(DecideBackward, NeverStandsEvenWhenAPersonAsks) {
  PlannedStage stage = full_stage();
  stage.spec.rollback = RollbackPolicy::never;
  EXPECT_EQ(decide_backward(stage, Story().wrote().stage(), WayBack::by_hand).result,
            UndoResult::stands);
}

TEST(DecideBackward, AnIrreversibleWriteNeedsAPerson) {
  EXPECT_EQ(decide_backward(full_stage(0), Story().wrote().stage(), WayBack::failed).result,
            UndoResult::failed);
}

TEST(DecideBackward, WhatWasRolledBackIsNotVisitedAgain) {
  const Story story = Story().wrote().add(StageRolledBack{"s", UndoResult::undone, ""});
  EXPECT_EQ(decide_backward(full_stage(), story.stage(), WayBack::by_hand).action,
            UndoDecision::Do::nothing);
}

}  // namespace
}  // namespace stagerun
