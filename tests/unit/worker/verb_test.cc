// Verbs: what passes between host and plugin while one runs.
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "tests/unit/worker/test_host.h"

namespace stagerun {
namespace {

TEST(Verb, CallReachesThePluginWhole) {
  TestHost host(test_plugin_file("calls"));
  const TestOutcome outcome =
      host.run({.stage_type = "echo", .plan = "the plan", .scratch = "/scratch", .attempt = 3});
  EXPECT_EQ(outcome.status, 0) << outcome.fail_text;
  EXPECT_EQ(outcome.outputs.at("run"), "\"run-1\"");
  EXPECT_EQ(outcome.outputs.at("stage"), "\"the-stage\"");
  EXPECT_EQ(outcome.outputs.at("key"), "\"run-1/the-stage\"");
  EXPECT_EQ(outcome.outputs.at("scratch"), "\"/scratch\"");
  EXPECT_EQ(outcome.outputs.at("plan"), "\"the plan\"");
  EXPECT_EQ(outcome.outputs.at("attempt"), "3");
  EXPECT_EQ(outcome.outputs.at("in_time"), "true");
  EXPECT_EQ(outcome.result, "part one, part two");
  EXPECT_FALSE(outcome.resigned);
}

TEST(Verb, ContextHoldsInputsAndOutputsAndNothingElse) {
  TestHost host(test_plugin_file("calls"));
  const TestOutcome outcome = host.run(
      {.stage_type = "echo", .context = R"({"inputs":{"image":"web:1"},"secrets":{"token":"x"},
                      "stages":{"build":{"outputs":{"tag":[1,"two"]}}}})"});
  EXPECT_EQ(outcome.outputs.at("input"), "\"web:1\"");
  EXPECT_EQ(outcome.outputs.at("output"), "[1,\"two\"]");
  EXPECT_EQ(outcome.outputs.at("secret"), "null");
}

TEST(Verb, CheckpointAndNotesAreAnswered) {
  TestHost host(test_plugin_file("calls"));
  const TestOutcome outcome = host.run({.stage_type = "echo"});
  EXPECT_EQ(outcome.checkpoints, std::vector<std::string>{"half way"});
  EXPECT_EQ(outcome.outputs.at("note"), "\"first\"");
  EXPECT_EQ(outcome.outputs.at("has_second_note"), "false");
}

TEST(Verb, CheckpointThatTheHostRefusesEndsTheVerb) {
  TestHost host(test_plugin_file("calls"));
  host.checkpoint_answer = 2;
  const TestOutcome outcome = host.run({.stage_type = "echo"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.fail_code, "host.refused");
}

TEST(Verb, LogComesFromAnyThread) {
  TestHost host(test_plugin_file("calls"));
  const TestOutcome outcome = host.run({.stage_type = "echo"});
  EXPECT_EQ(outcome.log, (std::vector<std::string>{"said", "from another thread"}));
}

TEST(Verb, PlanIsWrittenFromItsChanges) {
  TestHost host(test_plugin_file("calls"));
  const TestOutcome outcome = host.run({.stage_type = "echo", .verb = TestVerb::plan});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.result,
            R"({"changes":[{"do":"create","what":"a \"thing\"\u000a","before":null,"after":1},)"
            R"({"do":"run","what":"it"}]})");
}

TEST(Verb, DiagnosisMakesValidateInvalid) {
  TestHost host(test_plugin_file("calls"));
  EXPECT_EQ(host.run({.stage_type = "echo", .verb = TestVerb::validate}).status, 0);
  const TestOutcome outcome =
      host.run({.stage_type = "echo", .verb = TestVerb::validate, .config = R"({"bad":1})"});
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.diagnosed, std::vector<std::string>{"/bad echo.bad"});
}

TEST(Verb, RollbackGetsReceiptAndCheckpoint) {
  TestHost host(test_plugin_file("calls"));
  const TestOutcome outcome = host.run({.stage_type = "echo",
                                        .verb = TestVerb::rollback,
                                        .receipt = std::string("a\0b", 3),
                                        .checkpoint = "half way"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.outputs.at("receipt"), R"("a\u0000b")");
  EXPECT_EQ(outcome.outputs.at("checkpoint"), R"("half way")");
}

TEST(Verb, MissingOneIsAbsent) {
  TestHost host(test_plugin_file("large_struct"));
  EXPECT_EQ(host.run({.stage_type = "large_struct", .verb = TestVerb::verify}).status, 8);
  EXPECT_EQ(host.run({.stage_type = "large_struct", .verb = 77}).status, 8);
  EXPECT_EQ(host.run({.stage_type = "large_struct", .verb = TestVerb::apply}).status, 0);
}

TEST(Verb, UnknownStageIsSaid) {
  TestHost host(test_plugin_file("calls"));
  const TestOutcome outcome = host.run({.stage_type = "none"});
  EXPECT_EQ(outcome.status, 7);
  EXPECT_EQ(outcome.fail_code, "plugin.stage");
}

TEST(Verb, MisusedHostAnswersInvalidAndLives) {
  TestHost host(test_plugin_file("calls"));
  const TestOutcome outcome = host.run({.stage_type = "misuse"});
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.status, 0) << outcome.fail_text;
}

TEST(Verb, ResultOverTheLimitFailsTheVerb) {
  TestHost host(test_plugin_file("calls"));
  const TestOutcome outcome = host.run({.stage_type = "misuse", .verb = TestVerb::verify});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.fail_code, "plugin.result");
  EXPECT_EQ(outcome.result, "");
}

TEST(Verb, EventsComeInTheOrderOfTheHost) {
  TestHost host(test_plugin_file("calls"));
  std::vector<StartedEffect> started;
  const Broker broker = [&](const StartedEffect& effect) -> std::vector<Value> {
    started.push_back(effect);
    if (started.size() < 2) return {};
    const Value line = Value::object().set("event", "line");
    const Value fired = Value::object().set("event", "fired");
    host.send({wire::Type::event, 0, 2, 0, {render_json(line)}});
    host.send({wire::Type::event, 0, 99, 0, {render_json(line)}});  // nobody's
    host.send({wire::Type::event, wire::kLast, 1, 0, {render_json(fired)}});
    return {line, fired};
  };
  const TestOutcome outcome = host.run({.stage_type = "echo",
                                        .verb = TestVerb::verify,
                                        .config = R"({"effects":[{"n":1},{"n":2}]})"},
                                       broker);
  EXPECT_EQ(outcome.status, 0) << outcome.fail_text;
  EXPECT_EQ(outcome.outputs.at("heard"), R"("2:line 1:fired 2:line 2:fired ")");
}

TEST(Verb, StartsTravelTogetherAndInOrder) {
  TestHost host(test_plugin_file("calls"));
  const Broker broker = [](const StartedEffect&) {
    return std::vector<Value>{Value::object().set("event", "fired")};
  };
  const TestOutcome outcome = host.run({.stage_type = "echo",
                                        .verb = TestVerb::verify,
                                        .config = R"({"effects":[{"n":1},{"n":2},{"n":3}]})"},
                                       broker);
  using enum wire::Type;
  EXPECT_EQ(outcome.order, (std::vector{start, start, start, set, done}));
  EXPECT_EQ(outcome.effects[2].ticket, 3u);
  EXPECT_EQ(outcome.effects[2].request.integer_or("n", 0), 3);
}

TEST(Verb, OneWorkerServesManyVerbs) {
  TestHost host(test_plugin_file("calls"));
  for (int i = 0; i < 20; ++i) {
    const TestOutcome outcome = host.run({.stage_type = "echo"});
    ASSERT_EQ(outcome.status, 0);
    ASSERT_FALSE(outcome.resigned);
  }
}

TEST(Verb, CancelledRunIsHeardWhileWaiting) {
  TestHost host(test_plugin_file("calls"));
  host.on_start = [&] { host.cancel(); };
  const TestOutcome outcome = host.run(
      {.stage_type = "echo", .verb = TestVerb::verify, .config = R"({"effects":[{"n":1}]})"});
  EXPECT_EQ(outcome.status, 6);
  EXPECT_EQ(outcome.fail_code, "cancelled");
}

TEST(Verb, CancelBeforeTheVerbIsHeardToo) {
  TestHost host(test_plugin_file("calls"));
  host.cancel();
  const TestOutcome outcome = host.run(
      {.stage_type = "echo", .verb = TestVerb::verify, .config = R"({"effects":[{"n":1}]})"});
  EXPECT_EQ(outcome.status, 6);
}

TEST(Verb, PluginInPlainCRunsItsEffects) {
  TestHost host(test_plugin_file("counter"));
  const Broker broker = [](const StartedEffect&) {
    return std::vector<Value>{Value::object().set("event", "started").set("pid", 1),
                              Value::object().set("event", "exited").set("status", 0)};
  };
  const TestOutcome applied =
      host.run({.stage_type = "counter", .config = R"({"file":"a \"b\".txt"})"}, broker);
  EXPECT_EQ(applied.status, 0) << applied.fail_text;
  EXPECT_EQ(applied.checkpoints, std::vector<std::string>{"run-1/the-stage"});
  ASSERT_EQ(applied.effects.size(), 1u);
  EXPECT_EQ(*applied.effects[0].request.at("/argv/5")->text(), "a \"b\".txt");
  EXPECT_EQ(*applied.effects[0].request.at("/argv/4")->text(), "run-1/the-stage");
}

}  // namespace
}  // namespace stagerun
