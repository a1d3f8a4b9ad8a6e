#include "core/base/digest.h"
#include "core/base/limits.h"
#include "tests/unit/broker/broker_fixture.h"

namespace stagerun {
namespace {

class SecretTest : public BrokerTest {
 protected:
  SecretTest() { scope.secrets = {"TOKEN", "DSN", "KEYFILE"}; }

  // `$` stands for the handle of DSN.
  Value ask(std::string request) {
    for (std::size_t at = request.find('$'); at != std::string::npos; at = request.find('$', at)) {
      request.replace(at, 1, dsn);
    }
    return run(json(request), "secret/1");
  }
  Value value(const std::string& request) {
    const Value event = ask(request);
    EXPECT_EQ(event.text_or("event"), "answer") << render_json(event);
    const Value* found = event.find("value");
    return found != nullptr ? *found : Value();
  }
  // What a handle stands for, as a process would get it.
  std::string opened(const Value& event) {
    const auto text = secrets.expand(event.text_or("handle"), {scope.stage, scope.secrets});
    return text ? *text : text.error().text;
  }
  std::string journaled() const {
    std::string text;
    for (const auto& intent : journal.all<EffectIntended>()) text += render_json(intent.request);
    for (const auto& one : journal.all<EffectSettled>()) text += render_json(one.outcome);
    return text;
  }

  std::string dsn = secrets.add("DSN", "postgresql+psycopg2://app:s%40cret99@db:5432/main?a=b");
  std::string token = secrets.add("TOKEN", "sk_live_0123456789");
};

TEST_F(SecretTest, QuestionsAreAnsweredOfTheValue) {
  EXPECT_EQ(value(R"({"op": "length", "value": "$"})"), Value(53));
  EXPECT_EQ(value(R"({"op": "length", "value": "ä"})"), Value(2));
  EXPECT_EQ(value(R"({"op": "has_prefix", "value": "$", "prefix": "postgresql"})"), Value(true));
  EXPECT_EQ(value(R"({"op": "has_prefix", "value": "$", "prefix": "mysql"})"), Value(false));
  EXPECT_EQ(value(R"({"op": "equals", "value": "$", "to": "$"})"), Value(true));
  EXPECT_EQ(value(R"({"op": "equals", "value": "$", "to": "$x"})"), Value(false));
  EXPECT_EQ(value(R"({"op": "equals", "value": "", "to": ""})"), Value(true));
  EXPECT_EQ(value(R"({"op": "matches", "value": "$", "pattern": "^postgres.*/main"})"),
            Value(true));
  EXPECT_EQ(value(R"({"op": "matches", "value": "$", "pattern": "^main"})"), Value(false));
}

TEST_F(SecretTest, HmacIsThatOfTheStandard) {
  // RFC 4231, test case 2.
  EXPECT_EQ(
      value(R"({"op": "hmac_sha256", "value": "what do ya want for nothing?", "key": "Jefe"})"),
      Value("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
  EXPECT_EQ(value(R"({"op": "hmac_sha256", "value": "x", "key": "$"})"),
            Value(hmac_sha256_hex("postgresql+psycopg2://app:s%40cret99@db:5432/main?a=b", "x")));
}

TEST_F(SecretTest, PartsOfAUrlAndItsPasswordAsAHandle) {
  EXPECT_EQ(value(R"({"op": "url_part", "value": "$", "part": "host"})"), Value("db"));
  EXPECT_EQ(value(R"({"op": "url_part", "value": "$", "part": "user"})"), Value("app"));
  EXPECT_EQ(value(R"({"op": "url_part", "value": "$", "part": "path"})"), Value("/main"));
  EXPECT_EQ(value(R"({"op": "url_part", "value": "$", "part": "query.a"})"), Value("b"));
  EXPECT_EQ(ask(R"({"op": "url_part", "value": "$", "part": "query.b"})"),
            json(R"({"event": "answer", "present": false})"));
  const Value password = ask(R"({"op": "url_part", "value": "$", "part": "password"})");
  EXPECT_EQ(password.find("value"), nullptr);
  EXPECT_EQ(opened(password), "s@cret99");
  EXPECT_EQ(ask(R"({"op": "url_part", "value": "$", "part": "password"})"), password);
  EXPECT_EQ(secrets.masked_text("it is s@cret99"), "it is ***");
  EXPECT_EQ(ask(R"({"op": "url_part", "value": "host=db", "part": "host"})").text_or("code"),
            "secret.form");
  EXPECT_EQ(journaled().find("cret99"), std::string::npos);
}

TEST_F(SecretTest, MembersAreMergedIntoASecretObject) {
  const std::string key = secrets.add("KEYFILE", R"({"type": "x", "n": 7, "private": "p\nq"})");
  Value request = json(R"({"op": "json_merge", "members": {"type": "y", "more": "m\"n"}})");
  const Value event = run(request.set("value", key), "secret/1");
  EXPECT_EQ(opened(event), R"({"type":"y","n":7,"private":"p\nq","more":"m\"n"})");
  request.find("members")->set("more", token);
  EXPECT_NE(run(request, "secret/1"), event);
  for (const char* bad : {"[1]", "hunter22", ""}) {
    EXPECT_EQ(run(request.set("value", bad), "secret/1").text_or("code"), "secret.form");
  }
}

TEST_F(SecretTest, VariableIsOpenedWhereTheManifestNamesIt) {
  ASSERT_EQ(::setenv("STAGERUN_TEST_KEY", "from the environment", 1), 0);
  restart();
  const Value request = json(R"({"op": "open", "env": "STAGERUN_TEST_KEY"})");
  EXPECT_EQ(refusal(request, "secret/1"), "effect.secret");
  scope.grants.variables = {"STAGERUN_TEST_KEY", "STAGERUN_TEST_NONE"};
  const Value event = run(request, "secret/1");
  EXPECT_TRUE(event.boolean_or("present", false));
  EXPECT_EQ(event.text_or("handle"), secrets.handle("deploy:STAGERUN_TEST_KEY"));
  EXPECT_EQ(opened(event), "from the environment");
  EXPECT_EQ(ask(R"({"op": "open", "env": "STAGERUN_TEST_NONE"})"),
            json(R"({"event": "answer", "present": false})"));
  run(shell("echo ${STAGERUN_TEST_KEY-unset}", R"({"output": "lines"})"));
  EXPECT_EQ(sink.lines(), std::vector<std::string>{"unset"});
  ASSERT_EQ(::unsetenv("STAGERUN_TEST_KEY"), 0);
}

TEST_F(SecretTest, WhatIsOnlyCheckedIsStillInheritedAndWhatIsPlainIsNotMaskedEither) {
  ASSERT_EQ(::setenv("STAGERUN_TEST_KEY", "production", 1), 0);
  restart();
  scope.grants.variables = {"STAGERUN_TEST_KEY"};
  const auto open = [&](const char* treatment) {
    return ask(std::string(R"({"op": "open", "env": "STAGERUN_TEST_KEY", "treat_as": ")") +
               treatment + "\"}");
  };
  const auto printed = [&] {
    run(shell("echo ${STAGERUN_TEST_KEY-unset}", R"({"output": "lines"})"));
    return sink.lines().back();
  };
  EXPECT_EQ(opened(open("plain")), "production");
  EXPECT_EQ(printed(), "production");
  EXPECT_EQ(opened(open("checked")), "production");
  EXPECT_EQ(printed(), "***");
  EXPECT_EQ(opened(open("plain")), "production");
  EXPECT_EQ(printed(), "***");  // once a secret, always one
  EXPECT_EQ(opened(open("secret")), "production");
  EXPECT_EQ(printed(), "unset");
  EXPECT_EQ(open("nothing").text_or("code"), "effect.request");
  ASSERT_EQ(::unsetenv("STAGERUN_TEST_KEY"), 0);
}

TEST_F(SecretTest, SettingOfAFileIsOpened) {
  ASSERT_TRUE(write_file(scope.workspace / ".env", "A='one'\nKEY=\"s3cret\\nvalue\"\n"));
  ASSERT_TRUE(write_file(scope.workspace / ".env.new", "KEY=another"));
  const Value old_one = ask(R"({"op": "open", "dotenv": ".env", "name": "KEY"})");
  const Value new_one = ask(R"({"op": "open", "dotenv": ".env.new", "name": "KEY"})");
  EXPECT_EQ(opened(old_one), "s3cret\nvalue");
  EXPECT_EQ(opened(new_one), "another");
  EXPECT_TRUE(old_one.text_or("handle").starts_with("sr-secret.deploy:KEY-"));
  EXPECT_EQ(ask(R"({"op": "open", "dotenv": ".env", "name": "KEY"})"), old_one);
  EXPECT_FALSE(ask(R"({"op": "open", "dotenv": ".env", "name": "B"})").boolean_or("present", true));
  EXPECT_EQ(journaled().find("s3cret"), std::string::npos);
}

TEST_F(SecretTest, FilesThatCannotBeReadAreTold) {
  const auto open = [&](const std::string& file) {
    return run(Value::object().set("op", "open").set("dotenv", file).set("name", "A"), "secret/1")
        .text_or("code");
  };
  EXPECT_EQ(open("none"), "secret.file");
  EXPECT_EQ(open("no/such"), "secret.file");
  EXPECT_EQ(open("../x"), "effect.request");
  EXPECT_EQ(open("/etc/passwd"), "effect.request");
  ASSERT_TRUE(write_file(scope.workspace / "broken", "A='x"));
  EXPECT_EQ(open("broken"), "secret.file");
  ASSERT_TRUE(write_file(scope.workspace / "large", std::string(limits::kSettingsBytes + 1, 'x')));
  EXPECT_EQ(open("large"), "secret.file");
  ASSERT_TRUE(write_file(scope.workspace / "huge", "A=" + std::string(70'000, 'x')));
  EXPECT_EQ(open("huge"), "secret.form");
}

TEST_F(SecretTest, WhatAStageOpenedIsItsOwnInEveryVerb) {
  ASSERT_TRUE(write_file(scope.workspace / ".env", "KEY=s3cret99"));
  const std::string handle =
      ask(R"({"op": "open", "dotenv": ".env", "name": "KEY"})").text_or("handle");
  const Value request =
      shell("printf %s \"$K\" > got").set("env", Value::object().set("K", handle));
  scope.verb = Verb::rollback;
  scope.key = "run/deploy/rollback";
  EXPECT_EQ(refusal(request), "");
  EXPECT_EQ(*read_file(scope.workspace / "got", 100), "s3cret99");
  scope.stage = "other";
  EXPECT_EQ(refusal(request), "effect.secret");
  const std::string name = handle.substr(10, handle.rfind('.') - 10);
  scope.secrets = {name};
  EXPECT_EQ(refusal(request), "");
}

TEST_F(SecretTest, AskingIsARead) {
  scope.verb = Verb::plan;
  EXPECT_EQ(value(R"({"op": "length", "value": "abc"})"), Value(3));
  scope.verb = Verb::validate;
  EXPECT_EQ(refusal(json(R"({"op": "length", "value": "abc"})"), "secret/1"),
            "effect.read_in_validate");
}

TEST_F(SecretTest, TooManySecretsAreRefusedAndNoneIsForgotten) {
  for (std::size_t i = 0; i < limits::kSecrets; ++i) secrets.add("n" + std::to_string(i), "x");
  const Value event = ask(R"({"op": "url_part", "value": "$", "part": "password"})");
  EXPECT_EQ(event.text_or("code"), "secret.form");
  EXPECT_EQ(value(R"({"op": "length", "value": "$"})"), Value(53));
}

TEST_F(SecretTest, MalformedRequestsAreRefused) {
  for (const char* text :
       {R"({})", R"({"op": "show", "value": "x"})", R"({"op": "length"})",
        R"({"op": "length", "value": 7})", R"({"op": "length", "value": "x", "to": "y"})",
        R"({"op": "equals", "value": "x"})", R"({"op": "equals", "value": "x", "to": 7})",
        R"({"op": "matches", "value": "x", "pattern": "("})",
        R"({"op": "url_part", "value": "x", "part": "fragment"})",
        R"({"op": "url_part", "value": "x", "part": "query."})",
        R"({"op": "json_merge", "value": "{}", "members": ["a"]})",
        R"({"op": "json_merge", "value": "{}", "members": {"a": 1}})", R"({"op": "open"})",
        R"({"op": "open", "env": ""})", R"({"op": "open", "env": "A=B"})",
        R"({"op": "open", "env": "A", "dotenv": "b"})", R"({"op": "open", "dotenv": "b"})",
        R"({"op": "open", "dotenv": "", "name": "A"})"}) {
    EXPECT_EQ(refusal(json(text), "secret/1"), "effect.request") << text;
  }
}

}  // namespace
}  // namespace stagerun
