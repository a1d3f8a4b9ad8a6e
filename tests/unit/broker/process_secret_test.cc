// What a process gets of secrets, and what nobody gets of them from a process.
#include "core/base/text.h"
#include "core/broker/secret_url.h"
#include "tests/unit/broker/broker_fixture.h"

namespace stagerun {
namespace {

using Texts = std::vector<std::string>;

class ProcessSecretTest : public BrokerTest {
 protected:
  ProcessSecretTest() { scope.secrets = {"TOKEN"}; }

  Value with_token(const std::string& script, const std::string& members = "{}") const {
    return shell(script, members).set("env", Value::object().set("T", token));
  }
  // Everything that the plugin, the log and the journal got.
  std::string all_told() const {
    std::string text;
    for (const Told& one : sink.told) text += render_json(one.event) + "\n";
    for (const std::string& line : sink.log) text += line + "\n";
    for (const auto& intent : journal.all<EffectIntended>()) {
      text += intent.purpose + "\n" + intent.key + "\n" + render_json(intent.request) + "\n";
    }
    for (const auto& settled : journal.all<EffectSettled>()) {
      text += render_json(settled.outcome) + "\n";
    }
    return text;
  }

  std::string value = "c0rrect-h0rse/battery+staple";
  std::string token = secrets.add("TOKEN", value);
};

TEST_F(ProcessSecretTest, EnvironmentHoldsTheValueAndTheJournalTheHandle) {
  const Value event = run(with_token("printf %s \"$T\" | wc -c", R"({"output": "lines"})"));
  EXPECT_EQ(sink.lines(), Texts{"28"});
  EXPECT_EQ(event.integer_or("status", -1), 0);
  const Value request = journal.all<EffectIntended>().front().request;
  EXPECT_EQ(*request.at("/env/T"), Value(token));
}

TEST_F(ProcessSecretTest, InputHoldsTheValue) {
  const Value request = Value(shell("cat > got; wc -c < got", R"({"output": "lines"})"));
  run(Value(request).set("input", "a" + token + "b\n"));
  EXPECT_EQ(*read_file(scope.workspace / "got", 100), "a" + value + "b\n");
  EXPECT_EQ(sink.lines(), Texts{"31"});
}

TEST_F(ProcessSecretTest, WhatIsWrittenHoldsTheValue) {
  broker->start(scope, sink, 1, "process/1", shell("cat > got", R"({"stdin": true})"));
  broker->write(sink, 1, "x=" + token + "\n");
  broker->write(sink, 1, "");
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(*read_file(scope.workspace / "got", 100), "x=" + value + "\n");
}

TEST_F(ProcessSecretTest, WritingAForeignHandleEndsTheProcess) {
  const std::string foreign = secrets.add("OTHER", "unmentionable");
  broker->start(scope, sink, 1, "process/1", shell("cat > got; sleep 60", R"({"stdin": true})"));
  broker->write(sink, 1, foreign);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1).text_or("code"), "effect.secret");
  EXPECT_EQ(all_told().find("unmentionable"), std::string::npos);
}

TEST_F(ProcessSecretTest, LargeInputOfItsOwnIsWholeAndEnds) {
  const std::string text(5 << 20, 'x');
  run(Value(shell("wc -c", R"({"output": "lines"})")).set("input", text));
  EXPECT_EQ(sink.lines(), Texts{"5242880"});
  const Value request = journal.all<EffectIntended>().front().request;
  EXPECT_EQ(*request.at("/input/bytes"), Value(5 << 20));
}

TEST_F(ProcessSecretTest, ForeignHandleIsRefusedAndNothingIsJournaled) {
  const std::string foreign = secrets.add("OTHER", "unmentionable");
  Value request = shell("true").set("env", Value::object().set("A", foreign));
  EXPECT_EQ(refusal(request), "effect.secret");
  EXPECT_EQ(refusal(shell("echo " + token)), "effect.secret");
  EXPECT_TRUE(journal.order.empty());
  EXPECT_EQ(all_told().find("unmentionable"), std::string::npos);
}

TEST_F(ProcessSecretTest, VariablesOfSecretsAreNotInheritedEvenWhenAskedFor) {
  ASSERT_EQ(::setenv("STAGERUN_TEST_SECRET", value.c_str(), 1), 0);
  secrets.hide_variable("STAGERUN_TEST_SECRET");
  restart();
  const char* script = "echo ${STAGERUN_TEST_SECRET-unset}";
  run(shell(script, R"({"output": "lines"})"));
  run(shell(script, R"({"output": "lines", "inherit": ["STAGERUN_TEST_SECRET", "PATH"]})"));
  EXPECT_EQ(sink.lines(), (Texts{"unset", "unset"}));
  ASSERT_EQ(::unsetenv("STAGERUN_TEST_SECRET"), 0);
}

TEST_F(ProcessSecretTest, PrintedSecretReachesNobody) {
  const char* script = "echo \"a $T b\"; echo \"$T\" >&2; printf '%s' \"$T\"";
  const Value lines = run(with_token(script, R"({"output": "lines"})"));
  run(with_token(script));
  EXPECT_EQ(sink.lines().size(), 3u);
  EXPECT_EQ(sink.log.size(), 3u);
  EXPECT_NE(lines.text_or("tail").find("a *** b\n"), std::string::npos);
  EXPECT_EQ(all_told().find(value), std::string::npos);
}

TEST_F(ProcessSecretTest, SecretAcrossTheCutOfALongLineReachesNobody) {
  for (const int before : {65'520, 65'530, 65'536}) {
    const std::string script =
        "head -c " + std::to_string(before) + " /dev/zero | tr '\\0' x; echo \"$T\"; echo end";
    run(with_token(script, R"({"output": "lines"})"));
    std::string all;
    for (const std::string& line : sink.lines()) all += line;
    EXPECT_EQ(all.find("c0rrect"), std::string::npos) << before;
    EXPECT_EQ(all.find("staple"), std::string::npos) << before;
    EXPECT_TRUE(all.ends_with("***end")) << before;
  }
}

TEST_F(ProcessSecretTest, SecretPrintedInSmallPiecesReachesNobody) {
  const char* script =
      "rest=$T; while [ -n \"$rest\" ]; do printf %.1s \"$rest\"; rest=${rest#?}; sleep 0.001; "
      "done; echo; echo end";
  run(with_token(script, R"({"output": "lines"})"));
  EXPECT_EQ(sink.lines(), (Texts{"***", "end"}));
}

TEST_F(ProcessSecretTest, FileKeepsWhatItGot) {
  run(with_token("echo \"$T\"; echo \"$T\" >&2", R"({"output": "file", "output_file": "dump"})"));
  EXPECT_EQ(*read_file(scope.scratch / "dump", 100), value + "\n");
  EXPECT_EQ(sink.log, Texts{"stderr: ***"});
}

TEST_F(ProcessSecretTest, ValueThatAPluginGotHoldOfIsNotJournaled) {
  run(shell("echo " + value, R"({"output": "none", "id": "a"})").set("purpose", "see " + value));
  EXPECT_EQ(all_told().find(value), std::string::npos);
  EXPECT_NE(all_told().find("see ***"), std::string::npos);
}

}  // namespace
}  // namespace stagerun
