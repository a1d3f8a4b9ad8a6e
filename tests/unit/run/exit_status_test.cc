// docs/cli.md's table of exit statuses, and which wins where several hold.
#include "core/run/exit_status.h"

#include <gtest/gtest.h>

namespace stagerun {
namespace {

class Tale {
 public:
  explicit Tale(std::vector<std::string> stages) {
    for (const std::string& name : stages) {
      PlannedStage stage;
      stage.spec.name = name;
      plan_.stages.push_back(stage);
    }
  }
  Tale& wrote(const std::string& stage) {
    return add(
        EffectIntended{stage, Verb::apply, 1, "1", "k", "process/1", "p", Access::write, {}});
  }
  Tale& settled(const std::string& stage, StageResult result) {
    return add(StageSettled{stage, result, ""});
  }
  Tale& undone(const std::string& stage, UndoResult result) {
    return add(StageRolledBack{stage, result, ""});
  }
  Tale& add(EventBody body) {
    fold(state_, {1, std::move(body)});
    return *this;
  }
  int status() const { return exit_status(plan_, state_); }

 private:
  Plan plan_;
  RunState state_;
};

TEST(ExitStatus, IsZeroWhereEveryStageWentWell) {
  EXPECT_EQ(Tale({"a"}).wrote("a").settled("a", StageResult::ok).status(), 0);
}

TEST(ExitStatus, IsOneWherePolicyLetsWritesStand) {
  EXPECT_EQ(Tale({"a"}).wrote("a").settled("a", StageResult::failed).status(), 1);
  EXPECT_EQ(Tale({"a"})
                .wrote("a")
                .settled("a", StageResult::failed)
                .undone("a", UndoResult::stands)
                .status(),
            1);
}

TEST(ExitStatus, IsThreeWhereNothingWasWritten) {
  EXPECT_EQ(Tale({"a"}).settled("a", StageResult::failed).status(), 3);
}

TEST(ExitStatus, IsSixWhereEverythingWasUndone) {
  EXPECT_EQ(Tale({"a"})
                .wrote("a")
                .settled("a", StageResult::failed)
                .undone("a", UndoResult::undone)
                .status(),
            6);
}

TEST(ExitStatus, IsSevenWhereAnUndoFailed) {
  EXPECT_EQ(Tale({"a"})
                .wrote("a")
                .settled("a", StageResult::failed)
                .undone("a", UndoResult::failed)
                .status(),
            7);
}

TEST(ExitStatus, IsEightWhereSomebodyElseChangedIt) {
  EXPECT_EQ(Tale({"a"}).settled("a", StageResult::conflict).status(), 8);
  EXPECT_EQ(Tale({"a"})
                .wrote("a")
                .settled("a", StageResult::failed)
                .undone("a", UndoResult::conflict)
                .status(),
            8);
}

TEST(ExitStatus, IsNineWhileAStageIsInDoubt) {
  Tale tale({"a"});
  tale.wrote("a").settled("a", StageResult::in_doubt);
  EXPECT_EQ(tale.status(), 9);
  EXPECT_EQ(tale.undone("a", UndoResult::undone).status(), 6);
}

TEST(ExitStatus, IsTheSignalsWhereARunWasCancelled) {
  EXPECT_EQ(Tale({"a"}).add(CancelRequested{2}).status(), 130);
  EXPECT_EQ(Tale({"a"}).add(CancelRequested{15}).status(), 143);
}

TEST(ExitStatus, NineComesBeforeSevenBeforeEightBeforeTheSignal) {
  Tale tale({"a", "b", "c"});
  tale.add(CancelRequested{2}).wrote("a").undone("a", UndoResult::conflict);
  EXPECT_EQ(tale.status(), 8);
  EXPECT_EQ(tale.wrote("b").undone("b", UndoResult::failed).status(), 7);
  EXPECT_EQ(tale.wrote("c").settled("c", StageResult::in_doubt).status(), 9);
}

TEST(ExitStatus, OfARollbackByHandIsZeroOnceEverythingIsUndone) {
  Tale tale({"a"});
  tale.wrote("a").settled("a", StageResult::failed).add(RollbackStarted{"asked", true, "", ""});
  EXPECT_EQ(tale.undone("a", UndoResult::undone).status(), 0);
}

}  // namespace
}  // namespace stagerun
