// env.check: every rule, kept and broken; all failures at once; never a value.
#include <gtest/gtest.h>

#include "tests/unit/plugins/env_case.h"

namespace stagerun {
namespace {

constexpr int kOk = 0, kFailed = 2, kInvalid = 7;
const std::string kCanary = "canary-7f3a";

// What is said of the variable X with this value under these rules; "" where it is fine.
std::string said_of(const std::string& value, const std::string& rules) {
  EnvCase check("check", R"({"variables":{"X":)" + rules + "}}");
  const TestOutcome outcome = check.variable("X", value).run(TestVerb::apply);
  if (outcome.status == kOk) return "";
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_EQ(outcome.fail_code, "env.check");
  EXPECT_EQ(outcome.fail_text, "1 of 1 checks failed: X");
  return outcome.fail_hint;
}

TEST(EnvCheckRule, PresentAndAbsent) {
  EXPECT_EQ(said_of("v", "{}"), "");
  EXPECT_EQ(said_of("v", R"({"present":true})"), "");
  EXPECT_EQ(said_of("", "{}"), "X: it is empty");
  EXPECT_EQ(said_of("v", R"({"absent":true})"), "X: it is set, and must not be");
  EnvCase unset("check", R"({"variables":{"A":{},"B":{"absent":true},"C":{"optional":true}}})");
  EXPECT_EQ(unset.run(TestVerb::apply).fail_hint, "A: it is not set");
}

TEST(EnvCheckRule, Length) {
  EXPECT_EQ(said_of("12345678", R"({"min_len":8,"max_len":8})"), "");
  EXPECT_EQ(said_of("1234567", R"({"min_len":8})"), "X: it is shorter than 8 bytes");
  EXPECT_EQ(said_of("123456789", R"({"max_len":8})"), "X: it is longer than 8 bytes");
  EXPECT_EQ(said_of("", R"({"min_len":0})"), "");
}

TEST(EnvCheckRule, PrefixEqualsAndChoice) {
  EXPECT_EQ(said_of("sk_live_1", R"({"prefix":"sk_live_"})"), "");
  EXPECT_EQ(said_of("sk_test_1", R"({"prefix":"sk_live_"})"),
            "X: it does not begin with `sk_live_`");
  EXPECT_EQ(said_of("false", R"({"equals":"false"})"), "");
  EXPECT_EQ(said_of("true", R"({"equals":"false"})"), "X: it is not `false`");
  EXPECT_EQ(said_of("", R"({"equals":""})"), "");
  EXPECT_EQ(said_of("b", R"({"one_of":["a","b"]})"), "");
  EXPECT_EQ(said_of("c", R"({"one_of":["a","b"]})"), "X: it is not any of `a`, `b`");
}

TEST(EnvCheckRule, Regex) {
  EXPECT_EQ(said_of("15550100", R"({"regex":"^[0-9]+$"})"), "");
  EXPECT_EQ(said_of("1555x", R"({"regex":"^[0-9]+$"})"), "X: it does not match `^[0-9]+$`");
}

TEST(EnvCheckRule, HostAndSchemeOfAUrl) {
  const std::string host = R"({"url_host":"DB.prod.example"})";
  for (const char* url :
       {"postgres://u:p@ss@db.PROD.example:5432/app?x=1", "https://db.prod.example",
        "https://db.prod.example/a", "redis://:p@db.prod.example#x"}) {
    EXPECT_EQ(said_of(url, host), "") << url;
  }
  for (const char* url :
       {"postgres://db.staging.example/db.prod.example", "https://dbxprod.example",
        "https://db.prod.example.evil.example", "https://evil.example/@db.prod.example",
        "https://evil.example?@db.prod.example", "https://x.db.prod.example"}) {
    EXPECT_EQ(said_of(url, host), "X: its host is not `DB.prod.example`") << url;
  }
  EXPECT_EQ(said_of("db.prod.example", host), "X: it is not a URL");
  EXPECT_EQ(said_of("https://b/", R"({"url_host":["a","b"],"url_scheme":"https"})"), "");
  EXPECT_EQ(said_of("http://b/", R"({"url_scheme":["https","wss"]})"),
            "X: its scheme is not any of `https`, `wss`");
}

TEST(EnvCheckRule, Placeholder) {
  EXPECT_EQ(said_of("4eC39HqLyjWDarjtT1zdp7dc", R"({"not_placeholder":true})"), "");
  EXPECT_EQ(said_of("your-api-key", R"({"not_placeholder":true})"),
            "X: it looks like a placeholder, not like a value");
  EXPECT_EQ(said_of("your-api-key", R"({"not_placeholder":false})"), "");
}

std::string compared(const std::string& rules, const std::string& value) {
  EnvCase check("check", R"({"dotenv":"prod","variables":{"X":)" + rules + "}}");
  check.entry("prod", "X", value).variable("Y", "same").entry("stage", "X", "same");
  check.entry("stage", "Z", "same").secret("S", "same");
  return check.run(TestVerb::apply).fail_hint;
}

TEST(EnvCheckRule, SameAsAVariableAnEntryOrASecret) {
  for (const char* other : {R"({"env":"Y"})", R"({"dotenv":"stage"})",
                            R"({"dotenv":"stage","name":"Z"})", R"("same")"}) {
    EXPECT_EQ(compared(std::string(R"({"same_as":)") + other + "}", "same"), "") << other;
  }
  const std::string secret = R"({"same_as":")" + EnvCase::handle("S") + R"("})";
  EXPECT_EQ(compared(secret, "same"), "");
  EXPECT_EQ(compared(secret, kCanary), "X in prod: it is not the same as the secret");
  EXPECT_EQ(compared(R"({"same_as":{"env":"Y"}})", kCanary),
            "X in prod: it is not the same as the variable Y");
  EXPECT_EQ(compared(R"({"same_as":{"env":"NONE"}})", "x"),
            "X in prod: the variable NONE, which it must be the same as, is not set");
}

TEST(EnvCheckRule, MustDifferFromOthers) {
  EXPECT_EQ(compared(R"({"must_differ_from":{"dotenv":"stage"}})", kCanary), "");
  EXPECT_EQ(compared(R"({"must_differ_from":{"env":"NONE"}})", "same"), "");
  EXPECT_EQ(
      compared(R"({"must_differ_from":[{"env":"NONE"},{"dotenv":"stage","name":"Z"}]})", "same"),
      "X in prod: it is the same as Z in stage, and must differ");
  EXPECT_EQ(compared(R"({"must_differ_from":{"dotenv":"nowhere"}})", "same"),
            "X in prod: there is no file nowhere");
}

TEST(EnvCheck, SecretsAreHeldAgainstTheSameRules) {
  const std::string handle = EnvCase::handle("STRIPE");
  EnvCase check("check", R"({"secrets":[{"name":"stripe key","prefix":"sk_live_","value":")" +
                             handle + R"("}]})");
  EXPECT_EQ(check.secret("STRIPE", "sk_live_" + kCanary).run(TestVerb::apply).status, kOk);
  const TestOutcome outcome = check.secret("STRIPE", kCanary).run(TestVerb::apply);
  EXPECT_EQ(outcome.fail_text, "1 of 1 checks failed: stripe key");
  EXPECT_EQ(outcome.fail_hint, "the secret stripe key: it does not begin with `sk_live_`");
}

std::string tool_fault(const std::string& version, std::vector<std::string> lines, int status = 0) {
  EnvCase check("check",
                R"({"tools":[{"run":["psql","--version"],"version":")" + version + "\"}]}");
  return check.tool("psql", std::move(lines), status).run(TestVerb::apply).fail_hint;
}

TEST(EnvCheck, ToolsAreAskedForTheirVersion) {
  EXPECT_EQ(tool_fault(">=15", {"psql (PostgreSQL) 15.6"}), "");
  EXPECT_EQ(tool_fault(">=16", {"psql (PostgreSQL) 15.6"}),
            "the tool psql: its version is 15.6, not >=16");
  EXPECT_EQ(tool_fault(">=16", {"hello"}), "the tool psql: its output names no version");
  EXPECT_EQ(tool_fault(">=15", {"15.6"}, 3), "the tool psql: it exited with 3");
  EnvCase missing("check", R"({"tools":[{"run":["nowhere"]}]})");
  EXPECT_EQ(missing.run(TestVerb::apply).fail_hint, "the tool nowhere: there is no such program");
}

TEST(EnvCheck, AllFailuresAreToldAtOnceAndNoValueIs) {
  EnvCase check("check", R"({"present":["A","B"],"variables":{
      "C":{"equals":"false","min_len":40,"prefix":"p","regex":"^p","url_host":"h",
           "one_of":["q"],"same_as":{"env":"D"}},
      "D":{"min_len":2}}})");
  check.variable("B", kCanary).variable("C", kCanary).variable("D", "d-" + kCanary);
  for (const auto verb : {TestVerb::plan, TestVerb::apply}) {
    const TestOutcome outcome = check.run(verb);
    EXPECT_EQ(outcome.status, kFailed);
    EXPECT_EQ(outcome.fail_text, "2 of 4 checks failed: A, C");
    EXPECT_EQ(
        outcome.fail_hint,
        "A: it is not set\n"
        "C: it is shorter than 40 bytes; it does not begin with `p`; it is not `false`; it is "
        "not `q`; it does not match `^p`; it is not a URL; it is not the same as the "
        "variable D");
    EXPECT_EQ(outcome.log.size(), verb == TestVerb::plan ? 2u : 0u);
    EXPECT_EQ(outcome.result.find(kCanary), std::string::npos);
    for (const StartedEffect& effect : outcome.effects) {
      EXPECT_EQ(render_json(effect.request).find(kCanary), std::string::npos);
    }
  }
}

TEST(EnvCheck, LongSummariesAreCut) {
  EnvCase check("check", R"({"present":["A","B","C","D","E","F","G","H","I","J"]})");
  EXPECT_EQ(check.run(TestVerb::apply).fail_text,
            "10 of 10 checks failed: A, B, C, D, E, F, G, H and 2 more");
}

TEST(EnvCheck, PlanChecksTooUnlessItIsToldNotTo) {
  EXPECT_EQ(EnvCase("check", R"({"present":["A"]})").run(TestVerb::plan).status, kFailed);
  EnvCase late("check", R"({"present":["A"],"early":false})");
  EXPECT_EQ(late.run(TestVerb::plan).status, kOk);
  EXPECT_EQ(late.run(TestVerb::apply).status, kFailed);
}

TEST(EnvCheck, WhatPassedIsCounted) {
  EnvCase check("check", R"({"present":["A"],"tools":[{"run":["t"]}]})");
  const TestOutcome outcome = check.variable("A", "x").tool("t", {}).run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(outcome.outputs.at("checks"), "2");
}

std::vector<std::string> problems(const char* stage, const std::string& config) {
  const TestOutcome outcome = EnvCase(stage, config).run(TestVerb::validate);
  EXPECT_EQ(outcome.status, outcome.diagnosed.empty() ? kOk : kInvalid);
  EXPECT_TRUE(outcome.effects.empty());
  return outcome.diagnosed;
}
using Problems = std::vector<std::string>;

TEST(EnvCheckValidate, ContradictionsAreDiagnosed) {
  EXPECT_EQ(problems("check", R"({"present":["A"],"dotenv":".env"})"), Problems{});
  EXPECT_EQ(problems("check", "{}"), Problems{" env.empty"});
  EXPECT_EQ(
      problems("check", R"({"present":["1A"],"dotenv":"../x","variables":{
               "B":{"absent":true,"min_len":1},"C":{"min_len":3,"max_len":2},
               "D":{"same_as":{"dotenv":"/etc/passwd"}},"E F":{}}})"),
      (Problems{"/dotenv env.path", "/present/0 env.name", "/variables/B/absent env.contradiction",
                "/variables/C/min_len env.contradiction", "/variables/D/same_as/dotenv env.path",
                "/variables/E F env.name"}));
  EXPECT_EQ(problems("check", R"({"tools":[{"run":[""]},{"run":["a"],"version":"new"},
                                           {"run":["a"],"version":"${{ inputs.v }}"}]})"),
            (Problems{"/tools/0/run env.empty", "/tools/1/version env.version"}));
}

TEST(EnvSetValidate, ContradictionsAreDiagnosed) {
  EXPECT_EQ(problems("set", R"({"file":".env","values":{"A":"1"},"unset":["B"]})"), Problems{});
  EXPECT_EQ(problems("set", R"({"file":".env"})"), Problems{" env.empty"});
  EXPECT_EQ(problems("set", R"({"file":"x.ini","values":{"A":1}})"), Problems{"/file env.format"});
  EXPECT_EQ(problems("set", R"({"file":"../.env","values":{"A":1}})"), Problems{"/file env.path"});
  EXPECT_EQ(problems("set", R"({"file":".env","values":{"A B":"1","C":"x\ny"},"unset":["C"]})"),
            (Problems{"/values/A B env.key", "/values/C env.value", "/unset env.contradiction"}));
  EXPECT_EQ(problems("set", R"({"file":"a.json","values":{"a..b":"1","a.b":1,"/a/b":2}})"),
            (Problems{"/values/a..b env.key", "/values/~1a~1b env.contradiction"}));
}

}  // namespace
}  // namespace stagerun
