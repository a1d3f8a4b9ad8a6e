#include "core/rehearsal/invariants.h"

#include <gtest/gtest.h>

namespace stagerun::rehearsal {
namespace {

Thing file(const std::string& content) {
  Thing thing;
  thing.content = content;
  return thing;
}

const Fingerprint kOld = {{"app", file("1")}};
const Fingerprint kNew = {{"app", file("2")}, {"log", file("x")}};

Reference reference() {
  Reference known;
  known.before = kOld;
  known.after = kNew;
  known.makers = {{"file app", "switch"}, {"file log", "note"}};
  return known;
}

Facts facts(int status, const Fingerprint& world, const std::string& then = "") {
  Facts found;
  found.status = status;
  found.world = world;
  found.then = then;
  return found;
}

Scenario judged(const Facts& found, const Reference& known = reference()) {
  Scenario scenario;
  judge(found, known, scenario);
  return scenario;
}

TEST(Invariants, ARunThatWentLiveLeavesTheNewWorld) {
  EXPECT_EQ(judged(facts(0, kNew)).outcome, "went live");
  const Scenario wrong = judged(facts(0, kOld));
  EXPECT_EQ(wrong.outcome, "broken");
  ASSERT_EQ(wrong.broken.size(), 1u);
  EXPECT_EQ(wrong.broken[0],
            "it says that it went live, and the world is not the new one: file app changed (stage "
            "`switch`); file log vanished (stage `note`)");
}

TEST(Invariants, ARunThatWentBackLeavesTheOldWorld) {
  EXPECT_EQ(judged(facts(6, kOld)).outcome, "went back");
  EXPECT_EQ(judged(facts(0, kOld, "rollback")).outcome, "went back");
  const Scenario wrong = judged(facts(6, {{"app", file("1")}, {"log", file("x")}}));
  EXPECT_EQ(wrong.broken,
            (std::vector<std::string>{"it says that everything was undone, and this is left: file "
                                      "log appeared (stage `note`)"}));
}

TEST(Invariants, WhatMayStayWhereItsStageSaysSoIsNotLeft) {
  Reference known = reference();
  known.kept = {"file log"};
  EXPECT_EQ(judged(facts(6, {{"app", file("1")}, {"log", file("x")}}), known).outcome, "went back");
}

TEST(Invariants, NothingWasChangedMeansThat) {
  for (const int status : {2, 3, 10, 75}) {
    EXPECT_EQ(judged(facts(status, kOld)).outcome, "nothing changed");
    EXPECT_EQ(judged(facts(status, kNew)).outcome, "broken");
  }
}

TEST(Invariants, WhatIsLeftMustBeSaidToSomebody) {
  Facts found = facts(7, kNew);
  EXPECT_EQ(judged(found).outcome, "broken");
  found.state.stages["note"].rolled_back = StageRolledBack{"note", UndoResult::failed, "no way"};
  const Scenario told = judged(found);
  EXPECT_EQ(told.outcome, "incomplete");
  EXPECT_EQ(told.by_hand, std::vector<std::string>{"stage `note` was not undone (failed): no way"});
}

TEST(Invariants, NothingIsDoneTwiceButWhatWasInDoubt) {
  Facts found = facts(0, kNew);
  found.acted = {{"run/switch/1", 2}};
  EXPECT_EQ(judged(found).broken, std::vector<std::string>{"run/switch/1 was done 2 times"});
  found.in_doubt = {"run/switch/1"};
  EXPECT_EQ(judged(found).outcome, "went live");
}

TEST(Invariants, NoSecretIsWritten) {
  Facts found = facts(0, kNew);
  found.leaks = {"KEY in .stagerun/runs/x/journal"};
  EXPECT_EQ(judged(found).broken, std::vector<std::string>{"a secret's value was written: KEY in "
                                                           ".stagerun/runs/x/journal"});
}

TEST(Invariants, TheStatusIsTheJournals) {
  Facts found = facts(0, kNew);
  found.state.ended = 6;
  EXPECT_EQ(judged(found).broken,
            std::vector<std::string>{"it ended with 0, and the journal says 6"});
}

TEST(Invariants, TheLockIsFreeAndNoProcessIsLeft) {
  Facts found = facts(6, kOld);
  found.lock_is_free = false;
  found.processes = {"serve --port 1"};
  EXPECT_EQ(judged(found).broken, (std::vector<std::string>{"the lock is still held",
                                                            "a process is left: serve --port 1"}));
  Facts told = facts(7, kOld);
  told.processes = {"serve --port 1"};
  told.state.stages["serve"].rolled_back = StageRolledBack{"serve", UndoResult::failed, "no way"};
  EXPECT_EQ(judged(told).outcome, "incomplete");
  Facts live = facts(0, kNew);
  live.processes = {"serve --port 1"};
  EXPECT_EQ(judged(live).outcome, "went live");
}

}  // namespace
}  // namespace stagerun::rehearsal
