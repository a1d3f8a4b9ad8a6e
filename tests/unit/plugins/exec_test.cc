// exec, forwards: validate, plan, apply and verify.
#include <gtest/gtest.h>

#include "tests/unit/plugins/exec_case.h"

namespace stagerun {
namespace {

constexpr int kOk = 0, kFailed = 2, kUnknown = 4, kInvalid = 7, kAbsent = 8;

std::vector<std::string> problems(const std::string& config) {
  return ExecCase(config).run(TestVerb::validate).diagnosed;
}
using Problems = std::vector<std::string>;

TEST(ExecValidate, OrdinaryStageIsFine) {
  const TestOutcome outcome =
      ExecCase(R"({"run":["make","x"],"undo":["make","y"],"record":["cat","z"],"cwd":"a/../b",
                   "env":{"A_1":"x"},"grace":"1m30s","expect_exit":[0,2]})")
          .run(TestVerb::validate);
  EXPECT_EQ(outcome.status, kOk);
  EXPECT_TRUE(outcome.effects.empty());
}

TEST(ExecValidate, ContradictionsAreDiagnosedAllAtOnce) {
  const TestOutcome outcome =
      ExecCase(R"({"run":["a"],"undo":["b"],"changes":false,"leaves_running":true,
                   "outputs":{"x":"string"},"expect_exit":0})")
          .run(TestVerb::validate);
  EXPECT_EQ(outcome.status, kInvalid);
  EXPECT_EQ(outcome.diagnosed,
            (Problems{"/undo exec.contradiction", "/changes exec.contradiction",
                      "/outputs exec.contradiction", "/expect_exit exec.contradiction"}));
}

TEST(ExecValidate, RecordWithoutUndoIsUseless) {
  EXPECT_EQ(problems(R"({"run":["a"],"record":["b"]})"), Problems{"/record exec.record"});
}

TEST(ExecValidate, EmptyProgramNameIsDiagnosed) {
  EXPECT_EQ(problems(R"({"run":[""]})"), Problems{"/run exec.empty"});
}

TEST(ExecValidate, NamesOfVariablesAreHeldToTheRules) {
  EXPECT_EQ(problems(R"({"run":["a"],"env":{"1A":"","A-B":"","STAGERUN_KEY":"","OK":""}})"),
            (Problems{"/env/1A exec.env", "/env/A-B exec.env", "/env/STAGERUN_KEY exec.env"}));
}

TEST(ExecValidate, FoldersOutsideTheWorkspaceAreDiagnosed) {
  for (const char* cwd : {"/etc", "..", "a/../..", "a/b/../../../c"}) {
    EXPECT_EQ(problems(std::string(R"({"run":["a"],"cwd":")") + cwd + R"("})"),
              Problems{"/cwd exec.cwd"})
        << cwd;
  }
}

TEST(ExecValidate, WhatIsNotKnownYetIsLeftAlone) {
  EXPECT_EQ(problems(R"({"run":["a"],"cwd":"${{ inputs.a }}","grace":"${{ inputs.b }}"})"),
            Problems{});
}

TEST(ExecValidate, StringIsALineOnlyWhereAShellIsAllowed) {
  EXPECT_EQ(problems(R"({"run":"make x","undo":["make","y"]})"), Problems{"/run exec.shell"});
  EXPECT_EQ(problems(R"({"run":"make x","undo":["make","y"],"shell":true})"), Problems{});
  EXPECT_EQ(problems(R"({"run":["make"],"shell":true})"), Problems{"/shell exec.shell"});
  EXPECT_EQ(problems(R"({"run":" \n","shell":true})"), Problems{"/run exec.empty"});
}

TEST(ExecValidate, SecretsStandInNoCommandLine) {
  EXPECT_EQ(problems(R"({"run":["a","-p","sr-secret.PW.0123456789abcdef"],
                         "undo":"b sr-secret.PW.0123456789abcdef","shell":true})"),
            (Problems{"/run exec.secret", "/undo exec.secret"}));
  EXPECT_EQ(problems(R"({"run":["a"],"stdin":"sr-secret.PW.0123456789abcdef",
                         "env":{"PW":"sr-secret.PW.0123456789abcdef"}})"),
            Problems{});
}

TEST(ExecPlan, SaysTheCommandAndStartsNothing) {
  const TestOutcome outcome =
      ExecCase(R"({"run":["sh","-c","echo 'hi' > x"]})").run(TestVerb::plan);
  EXPECT_EQ(outcome.status, kOk);
  EXPECT_TRUE(outcome.effects.empty());
  EXPECT_EQ(outcome.result, R"({"changes":[{"do":"run","what":"sh -c 'echo '\\''hi'\\'' > x'"}]})");
}

TEST(ExecPlan, ReadingStageChangesNothing) {
  const TestOutcome outcome = ExecCase(R"({"run":["ls"],"changes":false})").run(TestVerb::plan);
  EXPECT_EQ(outcome.result, R"({"changes":[]})");
}

TEST(ExecApply, RunsTheProgramAsItWasWritten) {
  ExecCase exec(R"({"run":["make","a b"],"cwd":"sub","env":{"X":"é\"\n"},"grace":"2s"})");
  const TestOutcome outcome = exec.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  ASSERT_EQ(outcome.effects.size(), 1u);
  const Value& request = outcome.effects[0].request;
  EXPECT_EQ(render_json(*request.find("argv")), R"(["make","a b"])");
  EXPECT_EQ(request.text_or("purpose"), "make 'a b'");
  EXPECT_EQ(request.text_or("id"), "run");
  EXPECT_EQ(request.text_or("cwd"), "sub");
  EXPECT_EQ(request.integer_or("grace_ms", 0), 2000);
  EXPECT_EQ(*request.at("/env/X")->text(), "é\"\n");
  EXPECT_EQ(*request.at("/env/STAGERUN_KEY")->text(), "run-1/the-stage");
  EXPECT_EQ(*request.at("/env/STAGERUN_OUTPUT")->text(), "/dev/null");
  EXPECT_EQ(outcome.result, R"({"exit":0})");
}

TEST(ExecApply, LineGoesToTheShellWithItsInputAndItsEnvironment) {
  ExecCase exec(R"({"run":" cat > x\necho y\n","shell":true,"undo":"rm x","stdin":"a\nb",
                    "inherit":["PATH"],"record":"cat x"})");
  const TestOutcome outcome = exec.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  ASSERT_EQ(outcome.effect_ids(), "record run");
  const Value& record = outcome.effects[0].request;
  EXPECT_EQ(record.find("input"), nullptr);
  EXPECT_EQ(render_json(*record.find("inherit")), R"(["PATH"])");
  const Value& run = outcome.effects[1].request;
  EXPECT_EQ(run.text_or("shell"), " cat > x\necho y\n");
  EXPECT_EQ(run.find("argv"), nullptr);
  EXPECT_EQ(run.text_or("purpose"), "cat > x echo y");
  EXPECT_EQ(run.text_or("input"), "a\nb");
}

TEST(ExecApply, IrreversibleAndReadingStagesNeedNoBaseline) {
  EXPECT_TRUE(ExecCase(R"({"run":["a"]})").run(TestVerb::apply).checkpoints.empty());
  EXPECT_TRUE(
      ExecCase(R"({"run":["a"],"changes":false})").run(TestVerb::apply).checkpoints.empty());
}

TEST(ExecApply, BaselineIsSavedBeforeTheWrite) {
  const TestOutcome outcome = ExecCase(R"({"run":["a"],"undo":["b"]})").run(TestVerb::apply);
  EXPECT_EQ(outcome.checkpoints, std::vector<std::string>{"nothing to record\n"});
  EXPECT_TRUE(outcome.starts_after(wire::Type::checkpoint, "run"));
}

TEST(ExecApply, RecordIsTakenByteForByteBeforeTheRun) {
  const std::string state("a\0\xff\n", 4);
  ExecCase exec(R"({"run":["a"],"undo":["b"],"record":["c"]})");
  const TestOutcome outcome = exec.writes("record", "record", state).run(TestVerb::apply);
  EXPECT_EQ(outcome.effect_ids(), "record run");
  EXPECT_EQ(outcome.checkpoints, std::vector<std::string>{"recorded\n" + state});
  EXPECT_EQ(outcome.effects[0].request.text_or("output"), "file");
}

TEST(ExecApply, RecordIsNeverTakenTwice) {
  ExecCase exec(R"({"run":["a"],"undo":["b"],"record":["c"]})");
  exec.call.checkpoint = "recorded\n";  // it recorded nothing, which is a record too
  exec.call.attempt = 2;
  const TestOutcome outcome = exec.run(TestVerb::apply);
  EXPECT_EQ(outcome.effect_ids(), "run");
  EXPECT_TRUE(outcome.checkpoints.empty());
}

TEST(ExecApply, FailedOrTooLargeRecordKeepsTheProgramFromRunning) {
  ExecCase failing(R"({"run":["a"],"undo":["b"],"record":["c"]})");
  const TestOutcome failed = failing.answer("record", exited(1)).run(TestVerb::apply);
  EXPECT_EQ(failed.fail_code, "exec.record");
  EXPECT_EQ(failed.effect_ids(), "record");
  ExecCase large(R"({"run":["a"],"undo":["b"],"record":["c"]})");
  const std::string state((64u << 10) - 8, 'x');
  const TestOutcome refused = large.writes("record", "record", state).run(TestVerb::apply);
  EXPECT_EQ(refused.fail_code, "exec.too_large");
  EXPECT_EQ(refused.effect_ids(), "record");
}

TEST(ExecApply, UnexpectedExitFailsWithTheProgramsLastWords) {
  ExecCase exec(R"({"run":["make","deploy"]})");
  const TestOutcome outcome = exec.answer("run", exited(3, "no such host\n")).run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_EQ(outcome.fail_code, "exec.exit");
  EXPECT_EQ(outcome.fail_text, "`make deploy` exited with 3");
  EXPECT_EQ(outcome.fail_hint, "it printed: no such host\n");
  EXPECT_EQ(outcome.result, "");
}

TEST(ExecApply, ExpectedExitsAreWhatTheStageSays) {
  ExecCase several(R"({"run":["a"],"expect_exit":[0,3]})");
  EXPECT_EQ(several.answer("run", exited(3)).run(TestVerb::apply).status, kOk);
  ExecCase one(R"({"run":["a"],"expect_exit":3})");
  EXPECT_EQ(one.answer("run", exited(0)).run(TestVerb::apply).status, kFailed);
}

TEST(ExecApply, SignalIsNamed) {
  ExecCase exec(R"({"run":["a"]})");
  exec.answer("run", Value::object().set("event", "exited").set("signal", 9).set("tail", ""));
  EXPECT_EQ(exec.run(TestVerb::apply).fail_text, "`a` was ended by signal 9");
}

TEST(ExecApply, EffectsThatDoNotEndWellEndTheVerb) {
  const auto end = [](const char* json) {
    ExecCase exec(R"({"run":["a"]})");
    const TestOutcome outcome = exec.answer("run", *parse_json(json)).run(TestVerb::apply);
    return std::to_string(outcome.status) + " " + outcome.fail_code;
  };
  EXPECT_EQ(end(R"({"event":"refused","code":"effect.kind","text":"no"})"), "9 effect.kind");
  EXPECT_EQ(end(R"({"event":"failed","code":"c","text":"t","may_have_happened":false})"), "2 c");
  EXPECT_EQ(end(R"({"event":"failed","code":"c","text":"t","may_have_happened":true})"), "4 c");
  EXPECT_EQ(end(R"({"event":"cancelled","may_have_happened":true})"), "6 cancelled");
}

TEST(ExecOutputs, AreReadWithTheirTypes) {
  ExecCase exec(
      R"({"run":["a"],"outputs":{"s":"string","i":"integer","n":"number","b":"boolean"}})");
  exec.writes("run", "output", "s=first\ns=a=b \ni=-7\nn=2.5\nb=true\nnoise\nother=1\n");
  const TestOutcome outcome = exec.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(outcome.outputs, (std::map<std::string, std::string>{
                                 {"s", "\"a=b \""}, {"i", "-7"}, {"n", "2.5"}, {"b", "true"}}));
  EXPECT_EQ(outcome.log.size(), 1u);  // about `other`
}

TEST(ExecOutputs, MissingOrOfAnotherTypeFails) {
  for (const char* text : {"", "i=", "i=1.5", "i= 1", "i=1x", "I=1"}) {
    ExecCase exec(R"({"run":["a"],"outputs":{"i":"integer"}})");
    exec.writes("run", "output", text);
    const TestOutcome outcome = exec.run(TestVerb::apply);
    EXPECT_EQ(outcome.fail_code, "exec.output") << text;
    EXPECT_EQ(outcome.status, kFailed);
  }
}

TEST(ExecOutputs, GoToAFileOfTheScratchFolderWhereAnyAreDeclared) {
  ExecCase exec(R"({"run":["a"],"outputs":{"i":"integer"}})");
  const TestOutcome outcome = exec.run(TestVerb::apply);
  ASSERT_EQ(outcome.effects.size(), 1u);
  EXPECT_EQ(*outcome.effects[0].request.at("/env/STAGERUN_OUTPUT")->text(),
            exec.scratch / "output");
}

TEST(ExecOutputs, OfAnEarlierAttemptAreCleared) {
  ExecCase exec(R"({"run":["a"],"outputs":{"i":"integer"}})");
  exec.scratch.write("output", "i=1\n");
  EXPECT_EQ(exec.run(TestVerb::apply).fail_code, "exec.output");
}

TEST(ExecVerify, CheckDecides) {
  const auto status = [](int exit) {
    ExecCase exec(R"({"run":["a"],"check":["c"]})");
    return exec.answer("check", exited(exit)).run(TestVerb::verify).status;
  };
  EXPECT_EQ(status(0), kOk);
  EXPECT_EQ(status(1), kFailed);
  EXPECT_EQ(status(2), kUnknown);
}

TEST(ExecVerify, OutputsAreSetAgain) {
  ExecCase exec(R"({"run":["a"],"check":["c"],"outputs":{"i":"integer"}})");
  EXPECT_EQ(exec.run(TestVerb::verify).status, kUnknown);  // done, and its outputs are lost
  exec.scratch.write("output", "i=1\n");
  EXPECT_EQ(exec.run(TestVerb::verify).outputs.at("i"), "1");
}

TEST(ExecVerify, WithoutACheckTheHostsKnowledgeDecides) {
  const auto status = [](const std::string& settled, const std::string& pending,
                         const std::string& receipt) {
    ExecCase exec(R"({"run":["a"]})");
    exec.call.settled = settled;
    exec.call.pending = pending;
    exec.call.receipt = receipt;
    return exec.run(TestVerb::verify).status;
  };
  const std::string ended = R"({"event":"exited","status":0,"tail":""})";
  const std::string failed = R"({"event":"exited","status":3,"tail":""})";
  const std::string lost = R"({"event":"failed","code":"x","may_have_happened":true})";
  EXPECT_EQ(status(effects_list("run", ended), "[]", ""), kOk);
  EXPECT_EQ(status(effects_list("run", failed), "[]", ""), kFailed);
  EXPECT_EQ(status(effects_list("run", lost), "[]", ""), kUnknown);
  EXPECT_EQ(status("[]", effects_list("run"), ""), kUnknown);
  EXPECT_EQ(status("[]", "[]", ""), kFailed);
  EXPECT_EQ(status("[]", "[]", R"({"exit":0})"), kAbsent);
}

}  // namespace
}  // namespace stagerun
