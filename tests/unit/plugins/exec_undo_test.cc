// exec, on the way back: rollback, and services that outlive their stage.
#include <gtest/gtest.h>

#include "tests/unit/plugins/exec_case.h"

namespace stagerun {
namespace {

constexpr int kOk = 0, kFailed = 2, kConflict = 5;
const char* const kEnded = R"({"event":"exited","status":0,"tail":""})";

TEST(ExecRollback, NothingHappenedNothingIsUndone) {
  ExecCase exec(R"({"run":["a"],"undo":["b"]})");
  exec.call.checkpoint = "nothing to record\n";
  const TestOutcome outcome = exec.run(TestVerb::rollback);
  EXPECT_EQ(outcome.status, kOk);
  EXPECT_TRUE(outcome.effects.empty());
}

TEST(ExecRollback, UndoRunsWhetherTheRunIsKnownToHaveEndedOrNot) {
  ExecCase known(R"({"run":["a"],"undo":["b","c"]})");
  known.call.settled = effects_list("run", kEnded);
  EXPECT_EQ(known.run(TestVerb::rollback).effect_ids(), "undo");
  ExecCase pending(R"({"run":["a"],"undo":["b","c"]})");
  pending.call.pending = effects_list("run");
  EXPECT_EQ(pending.run(TestVerb::rollback).effect_ids(), "undo");
  ExecCase returned(R"({"run":["a"],"undo":["b","c"]})");
  returned.call.receipt = R"({"exit":0})";
  EXPECT_EQ(returned.run(TestVerb::rollback).effect_ids(), "undo");
}

TEST(ExecRollback, BaselineIsHandedBackByteForByte) {
  const std::string state("recorded\na\0\n", 12);
  ExecCase exec(R"({"run":["a"],"undo":["b"],"record":["c"]})");
  exec.call.settled = effects_list("run", kEnded);
  exec.call.checkpoint = "recorded\n" + state;
  const TestOutcome outcome = exec.run(TestVerb::rollback);
  ASSERT_EQ(outcome.effect_ids(), "undo");
  const Value* path = outcome.effects[0].request.at("/env/STAGERUN_BASELINE");
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(bytes_of(*path->text()), state);
}

TEST(ExecRollback, WithoutARecordThereIsNoBaseline) {
  ExecCase exec(R"({"run":["a"],"undo":["b"]})");
  exec.call.settled = effects_list("run", kEnded);
  exec.call.checkpoint = "nothing to record\n";
  const TestOutcome outcome = exec.run(TestVerb::rollback);
  EXPECT_EQ(outcome.effects.at(0).request.at("/env/STAGERUN_BASELINE"), nullptr);
}

TEST(ExecRollback, ExitEightIsAConflict) {
  const auto undo = [](int status) {
    ExecCase exec(R"({"run":["a"],"undo":["b"]})");
    exec.call.receipt = R"({"exit":0})";
    return exec.answer("undo", exited(status)).run(TestVerb::rollback).status;
  };
  EXPECT_EQ(undo(0), kOk);
  EXPECT_EQ(undo(8), kConflict);
  EXPECT_EQ(undo(1), kFailed);
}

TEST(ExecRollback, ReadingStageHasNothingToUndo) {
  ExecCase exec(R"({"run":["a"],"changes":false})");
  exec.call.receipt = R"({"exit":0})";
  EXPECT_EQ(exec.run(TestVerb::rollback).status, kOk);
}

TEST(ExecRollback, StageWithoutUndoSaysSo) {
  ExecCase exec(R"({"run":["a"]})");
  exec.call.receipt = R"({"exit":0})";
  EXPECT_EQ(exec.run(TestVerb::rollback).fail_code, "exec.no_undo");
}

TEST(ExecService, IsStartedAfterABaseline) {
  ExecCase exec(R"({"run":["serve"],"leaves_running":true})");
  exec.answer("run", Value::object().set("event", "running").set("pid", 42));
  const TestOutcome outcome = exec.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_TRUE(outcome.effects.at(0).request.boolean_or("leaves_running", false));
  EXPECT_TRUE(outcome.starts_after(wire::Type::checkpoint, "run"));
  EXPECT_EQ(outcome.result, R"({"service":true,"pid":42})");
}

TEST(ExecService, VerifyAsksWhetherItIsAlive) {
  const auto status = [](bool running) {
    ExecCase exec(R"({"run":["serve"],"leaves_running":true})");
    exec.answer("alive", Value::object().set("event", "alive").set("running", running));
    const TestOutcome outcome = exec.run(TestVerb::verify);
    EXPECT_EQ(outcome.effects.at(0).request.text_or("alive"), "run");
    return outcome.status;
  };
  EXPECT_EQ(status(true), kOk);
  EXPECT_EQ(status(false), kFailed);
}

TEST(ExecService, RollbackStopsItThenUndoes) {
  ExecCase exec(R"({"run":["serve"],"leaves_running":true,"undo":["clean"]})");
  exec.call.settled = effects_list("run", R"({"event":"running","pid":42})");
  exec.answer("stop", Value::object().set("event", "stopped").set("was_running", false));
  const TestOutcome outcome = exec.run(TestVerb::rollback);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(outcome.effect_ids(), "stop undo");
  EXPECT_EQ(outcome.effects[0].request.text_or("stop"), "run");
}

}  // namespace
}  // namespace stagerun
