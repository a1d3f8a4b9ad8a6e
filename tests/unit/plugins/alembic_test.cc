// alembic: what it makes of its tool's words, and what it tells it to do.
#include <gtest/gtest.h>

#include "tests/unit/plugins/alembic_case.h"

namespace stagerun {
namespace {

constexpr int kOk = 0, kUnchanged = 1, kFailed = 2, kRetry = 3, kUnknown = 4, kConflict = 5;

const Lines kThree = {"b2 -> c3 (head), third", "a1 -> b2, second", "<base> -> a1, first"};
// a1 has two branches, which are merged in m9.
const Lines kDiamond = {"left1, right1 -> m9 (head) (mergepoint), merge", "a1 -> left1, left",
                        "a1 -> right1 (side), right", "<base> -> a1 (branchpoint), first"};

Lines whats(const TestOutcome& outcome) {
  Lines list;
  const auto plan = parse_json(outcome.result);
  if (!plan || plan->find("changes") == nullptr) return list;
  for (const Value& change : *plan->find("changes")->items()) {
    list.push_back(change.text_or("do") + " " + change.text_or("what"));
  }
  return list;
}

// -- plan

TEST(AlembicPlan, HistoryIsReadWithLabelsDependenciesAndCommas) {
  AlembicCase alembic;
  alembic
      .history({"loading the application...", "z (c) -> y (head), y: a -> b, (head)",
                "<base> (b1, left) -> z, z", "b1 -> c (left, right) (effective head), c",
                "<base> -> b1 (left), b one", "a -> b c, no revision"})
      .current({});
  alembic.call.config = R"({"target":"y"})";
  const TestOutcome outcome = alembic.run(TestVerb::plan);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(whats(outcome), (Lines{"run upgrade to b1: b one", "run upgrade to c: c",
                                   "run upgrade to z: z", "run upgrade to y: y: a -> b, (head)"}));
}

TEST(AlembicPlan, SeveralHeadsAreRefusedBeforeAnythingIsAskedOfTheDatabase) {
  const TestOutcome outcome =
      AlembicCase()
          .history({"a1 -> b9 (head), x", "a1 -> b2 (head), y", "<base> -> a1 (branchpoint), z"})
          .run(TestVerb::plan);
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_EQ(outcome.fail_code, "alembic.heads");
  EXPECT_NE(outcome.fail_text.find("2 heads (b2, b9)"), std::string::npos) << outcome.fail_text;
  EXPECT_EQ(AlembicCase::commands(outcome), Lines{"history"});
}

TEST(AlembicPlan, WordsThatAreNoRevisionOfTheScriptsAreLeftAlone) {
  AlembicCase alembic;
  alembic.history(kThree).current({"ready", "b2 is near", "b2x (head)", "a1 (x) y", "b2"});
  EXPECT_EQ(whats(alembic.run(TestVerb::plan)), Lines{"run upgrade to c3: third"});
}

TEST(AlembicPlan, FailedLineIsFoundOnStdoutEvenInPieces) {
  const TestOutcome outcome = AlembicCase()
                                  .history(kThree)
                                  .answer("current",
                                          {"noise", "  FAILED: Can't locate revision identified by",
                                           "  'd4' in these scripts"},
                                          255, {"ERROR [alembic] something"})
                                  .run(TestVerb::plan);
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_EQ(outcome.fail_code, "alembic.unknown_revision");
  EXPECT_NE(outcome.fail_text.find("`d4`"), std::string::npos) << outcome.fail_text;
}

TEST(AlembicPlan, LastExceptionOfATracebackIsTheReason) {
  const TestOutcome outcome =
      AlembicCase()
          .history(kThree)
          .answer(
              "current", {}, 1,
              {"Traceback (most recent call last):", "  File \"x\", line 1", "ValueError: inner",
               "", "During handling of the above exception, another exception occurred:", "",
               "Traceback (most recent call last):", "  File \"y\", line 2",
               "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) refused",
               "\tIs the server running?", "(Background on this error at: https://x)"})
          .run(TestVerb::plan);
  EXPECT_NE(outcome.fail_text.find("OperationalError: (psycopg2.OperationalError) refused"),
            std::string::npos)
      << outcome.fail_text;
  EXPECT_NE(outcome.fail_hint.find("Is the server running?"), std::string::npos);
}

TEST(AlembicPlan, UsageErrorAndSilenceAreToldToo) {
  EXPECT_NE(AlembicCase()
                .answer("history", {}, 2, {"usage: alembic", "alembic: error: invalid choice: 'x'"})
                .run(TestVerb::plan)
                .fail_text.find("invalid choice: 'x'"),
            std::string::npos);
  EXPECT_NE(
      AlembicCase().answer("history", {}, 3).run(TestVerb::plan).fail_text.find("it exited with 3"),
      std::string::npos);
}

TEST(AlembicPlan, OptionsStandBeforeEveryCommand) {
  AlembicCase alembic(R"({"command":["py","-m","alembic"],"name":"other","x":["a=1","b=2"]})");
  alembic.answer("py -m alembic -n other -x a=1 -x b=2 history", kThree)
      .answer("py -m alembic -n other -x a=1 -x b=2 current", {"c3 (head)"});
  const TestOutcome outcome = alembic.run(TestVerb::plan);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(whats(outcome), Lines{});
}

TEST(AlembicPlan, DowngradeThatOnlyKeepsTheBooksIsEmpty) {
  AlembicCase alembic;
  alembic.history({"<base> -> a1 (head), first"}).current({});
  alembic.answer("upgrade --sql base:a1",
                 {"-- Running upgrade  -> a1", "", "CREATE TABLE t (n int);", "",
                  "INSERT INTO alembic_version (version_num) VALUES "
                  "('a1');"});
  alembic.answer("downgrade --sql a1:base",
                 {"-- Running downgrade a1 -> ", "", "nothing to do here",
                  "DELETE FROM alembic_version WHERE alembic_version.version_num = 'a1';", "",
                  "DROP TABLE alembic_version;"});
  const TestOutcome outcome = alembic.run(TestVerb::plan);
  EXPECT_EQ(outcome.fail_code, "alembic.no_way_back") << outcome.fail_text;
  alembic.call.config = R"({"downgrade":"lenient"})";
  EXPECT_EQ(alembic.run(TestVerb::plan).status, kOk);
}

// -- apply

TEST(AlembicApply, UpgradesToTheExplicitIdAfterTheCheckpoint) {
  AlembicCase alembic;
  alembic.history(kThree).current({"a1"}).current({"c3 (head)"}).answer("upgrade c3", {});
  const TestOutcome outcome = alembic.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(AlembicCase::commands(outcome), (Lines{"history", "current", "upgrade c3", "current"}));
  EXPECT_TRUE(outcome.starts_after(wire::Type::checkpoint, "upgrade"));
  ASSERT_EQ(outcome.checkpoints.size(), 1u);
  EXPECT_NE(outcome.checkpoints[0].find(R"("base":["a1"],"target":"c3")"), std::string::npos);
  EXPECT_EQ(outcome.outputs.at("revisions"), R"(["b2","c3"])");
  EXPECT_EQ(outcome.outputs.at("from"), R"("a1")");
}

TEST(AlembicApply, DatabaseThatIsThereAlreadyIsUnchangedAndNotWrittenTo) {
  const TestOutcome outcome =
      AlembicCase().history(kThree).current({"c3 (head)"}).run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kUnchanged);
  EXPECT_TRUE(outcome.checkpoints.empty());
  EXPECT_EQ(outcome.outputs.at("applied"), "0");
}

TEST(AlembicApply, FailureLeavesAReceiptOfHowFarItGot) {
  AlembicCase alembic;
  alembic.history(kThree).current({}).current({"a1"});
  alembic.answer("upgrade c3", {"FAILED: no luck"}, 255, {"INFO  Will assume transactional DDL."});
  const TestOutcome outcome = alembic.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_NE(outcome.fail_text.find("no luck; the database is at a1, with 1 of 3 revisions applied"),
            std::string::npos)
      << outcome.fail_text;
  EXPECT_EQ(outcome.result, R"({"left":["a1"],"traces":""})");
}

TEST(AlembicApply, FailureOfWhichNobodyKnowsHowFarItGotIsUnknown) {
  AlembicCase alembic;
  alembic.history(kThree).current({}).answer("current", {"FAILED: gone"}, 255);
  alembic.answer("upgrade c3", {"FAILED: no luck"}, 255);
  EXPECT_EQ(alembic.run(TestVerb::apply).status, kUnknown);
}

TEST(AlembicApply, AfterACrashItGoesOnFromWhereTheDatabaseIs) {
  AlembicCase alembic;
  alembic.checkpoint("", "c3").upgraded_before(R"({"event":"cancelled","may_have_happened":true})");
  alembic.history(kThree).current({"b2"}).current({"c3"}).answer("upgrade c3", {});
  const TestOutcome outcome = alembic.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_TRUE(outcome.checkpoints.empty()) << "the baseline is taken once";
  EXPECT_EQ(outcome.outputs.at("from"), R"("base")");
}

TEST(AlembicApply, AfterACrashADatabaseThatIsElsewhereIsAConflict) {
  AlembicCase alembic;
  alembic.checkpoint(R"("b2")", "c3").upgraded_before();
  alembic.history(kThree).current({"a1"});
  const TestOutcome outcome = alembic.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kConflict);
  EXPECT_EQ(AlembicCase::commands(outcome), (Lines{"history", "current"}));
}

// -- verify

TEST(AlembicVerify, HoldsTheWholeSetAgainstTheGoal) {
  AlembicCase alembic;
  alembic.checkpoint(R"("a1")", "c3").history(kThree).current({"b2"}).current({"c3"});
  EXPECT_EQ(alembic.run(TestVerb::verify).status, kFailed);
  EXPECT_EQ(alembic.run(TestVerb::verify).status, kOk);
}

// -- rollback

TEST(AlembicRollback, WhereNothingBeganNothingIsAsked) {
  AlembicCase alembic;
  alembic.checkpoint("", "c3");
  EXPECT_TRUE(alembic.run(TestVerb::rollback).effects.empty());
  alembic.upgraded_before(R"({"event":"failed","may_have_happened":false})");
  const TestOutcome outcome = alembic.run(TestVerb::rollback);
  EXPECT_EQ(outcome.status, kOk);
  EXPECT_TRUE(outcome.effects.empty());
}

TEST(AlembicRollback, EachBranchGoesBackToItsOwnRecordedRevision) {
  AlembicCase alembic;
  alembic.checkpoint(R"("left1")", "m9").upgraded_before().history(kDiamond);
  alembic.call.receipt = R"({"left":["m9"],"traces":""})";
  alembic.current({"m9"}).current({"left1"}).answer("downgrade right1@a1", {});
  const TestOutcome outcome = alembic.run(TestVerb::rollback);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(AlembicCase::commands(outcome),
            (Lines{"history", "current", "downgrade right1@a1", "current"}));
}

TEST(AlembicRollback, SomebodyElsesMigrationIsLeftAlone) {
  AlembicCase alembic;
  alembic.checkpoint("", "b2").upgraded_before().history(kThree).current({"c3"});
  for (const char* receipt : {"", R"({"left":["b2"],"traces":""})"}) {
    alembic.call.receipt = receipt;
    const TestOutcome outcome = alembic.run(TestVerb::rollback);
    EXPECT_EQ(outcome.status, kConflict) << receipt;
    EXPECT_EQ(outcome.effect_ids().find("downgrade"), std::string::npos);
  }
}

TEST(AlembicRollback, PartOfTheWayIsOursOnlyWhereWeWereStoppedThere) {
  AlembicCase alembic;
  alembic.checkpoint("", "c3").upgraded_before().history(kThree);
  alembic.answer("upgrade --sql b2:c3",
                 {"BEGIN;", "-- Running upgrade b2 -> c3", "SELECT 1;", "COMMIT;"});
  alembic.current({"b2"}).current({}).answer("downgrade base", {});
  EXPECT_EQ(alembic.run(TestVerb::rollback).status, kOk) << "no receipt: it was stopped";
  AlembicCase other;
  other.checkpoint("", "c3").upgraded_before().history(kThree).current({"b2"});
  other.call.receipt = R"({"left":["c3"],"traces":""})";
  EXPECT_EQ(other.run(TestVerb::rollback).status, kConflict) << "somebody else went back a part";
  other.current({}).answer("downgrade base", {});
  other.call.attempt = 2;
  EXPECT_EQ(other.run(TestVerb::rollback).status, kOk) << "our own rollback was stopped there";
}

TEST(AlembicRollback, DatabaseThatIsBackAlreadyIsLeftAlone) {
  AlembicCase alembic;
  alembic.checkpoint(R"("a1")", "c3").upgraded_before().history(kThree).current({"a1"});
  alembic.call.receipt = R"({"left":["c3"],"traces":""})";
  const TestOutcome outcome = alembic.run(TestVerb::rollback);
  EXPECT_EQ(outcome.status, kOk);
  EXPECT_EQ(AlembicCase::commands(outcome), (Lines{"history", "current"}));
}

TEST(AlembicRollback, WhatMayStandBesideIsNotCalledUndone) {
  AlembicCase alembic;
  alembic.checkpoint("", "c3").upgraded_before().history(kThree).current({"a1"}).current({});
  alembic.call.receipt = R"({"left":["a1"],"traces":"b2"})";
  alembic.answer("downgrade base", {});
  const TestOutcome outcome = alembic.run(TestVerb::rollback);
  EXPECT_EQ(outcome.status, kUnknown);
  EXPECT_EQ(outcome.fail_code, "alembic.traces");
}

TEST(AlembicRollback, SuccessThatLedElsewhereIsAFailure) {
  AlembicCase alembic;
  alembic.checkpoint("", "c3").upgraded_before().history(kThree).current({"c3"}).current({"a1"});
  alembic.call.receipt = R"({"left":["c3"],"traces":""})";
  alembic.answer("downgrade base", {});
  EXPECT_EQ(alembic.run(TestVerb::rollback).fail_code, "alembic.elsewhere");
}

// -- The lock

constexpr const char* kPsql = "psql -X -q -A -t -w -v ON_ERROR_STOP=1";

AlembicCase& with_url(AlembicCase& alembic) {
  alembic.call.config = R"({"url":"sr-secret.DB.0","lock_timeout":"5s"})";
  return alembic.url_part("scheme", "value", "postgresql+psycopg2")
      .url_part("host", "value", "db.example.com")
      .url_part("user", "value", "keeper")
      .url_part("path", "value", "/shop")
      .url_part("password", "handle", "sr-secret.DB.password.0");
}

TEST(AlembicLock, IsHeldBeforeTheUpgradeAndThePasswordIsInNoArgv) {
  AlembicCase alembic;
  with_url(alembic).history(kThree).current({}).current({}).current({"c3"});
  alembic.answer(kPsql, {"stagerun: held"}).answer("upgrade c3", {});
  const TestOutcome outcome = alembic.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(AlembicCase::commands(outcome),
            (Lines{"history", "current", kPsql, "current", "upgrade c3", "current"}));
  for (const StartedEffect& effect : outcome.effects) {
    if (effect.id() != "lock") continue;
    const Value& env = *effect.request.find("env");
    EXPECT_EQ(env.text_or("PGPASSWORD"), "sr-secret.DB.password.0");
    EXPECT_EQ(env.text_or("PGDATABASE"), "shop");
    EXPECT_EQ(env.find("PGPORT"), nullptr);
  }
}

TEST(AlembicLock, WhoeverMigratedWhileItWasWaitedForIsTheNewBaseline) {
  AlembicCase alembic;
  with_url(alembic).history(kThree).current({}).current({"b2"}).current({"c3"});
  alembic.answer(kPsql, {"stagerun: held"}).answer("upgrade c3", {});
  const TestOutcome outcome = alembic.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  ASSERT_EQ(outcome.checkpoints.size(), 2u);
  EXPECT_NE(outcome.checkpoints[1].find(R"("base":["b2"])"), std::string::npos);
  EXPECT_EQ(outcome.outputs.at("applied"), "1");
}

TEST(AlembicLock, IsNotWaitedForForEver) {
  AlembicCase alembic;
  with_url(alembic).history(kThree).current({});
  alembic.answer(kPsql, {"stagerun: holder deploy, pid 7"}, 3,
                 {"ERROR:  canceling statement due to lock timeout"});
  const TestOutcome outcome = alembic.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kRetry);
  EXPECT_EQ(outcome.fail_code, "alembic.locked");
  EXPECT_NE(outcome.fail_text.find("held by deploy, pid 7"), std::string::npos);
  EXPECT_EQ(outcome.effect_ids().find("upgrade"), std::string::npos);
}

TEST(AlembicLock, OtherDatabasesAreNotLocked) {
  AlembicCase alembic;
  with_url(alembic).url_part("scheme", "value", "sqlite");
  alembic.history(kThree).current({}).current({"c3"}).answer("upgrade c3", {});
  EXPECT_EQ(alembic.run(TestVerb::apply).status, kOk);
}

}  // namespace
}  // namespace stagerun
