#include "core/broker/access.h"

#include <gtest/gtest.h>

#include "core/base/json.h"

namespace stagerun {
namespace {

Value json(const std::string& text) { return *parse_json(text); }

Access of_argv(const std::string& argv, const std::string& more = "") {
  Grants grants;
  grants.read_prefixes = {{"terraform", "plan"}};
  grants.read_commands = {{"test", "-f", "x"}};
  return classify("process/1", json(R"({"argv": )" + argv + more + "}"), grants);
}

EffectScope scope_of(Verb verb) {
  EffectScope scope;
  scope.verb = verb;
  scope.has_baseline = true;
  return scope;
}

std::string code_of(const EffectScope& scope, Access access) {
  const auto refusal = refuse(scope, access);
  return refusal ? refusal->code : "";
}

TEST(Access, ArgvWithAReadPrefixReads) {
  EXPECT_EQ(of_argv(R"(["terraform", "plan", "-out=x"])"), Access::read);
  EXPECT_EQ(of_argv(R"(["terraform", "plan"])"), Access::read);
}

TEST(Access, ArgvThatOnlyResemblesAReadWrites) {
  EXPECT_EQ(of_argv(R"(["terraform", "planx"])"), Access::write);
  EXPECT_EQ(of_argv(R"(["terraform"])"), Access::write);
  EXPECT_EQ(of_argv(R"(["terraform", "apply", "plan"])"), Access::write);
}

TEST(Access, DeclaredCommandReadsOnlyAsAWhole) {
  EXPECT_EQ(of_argv(R"(["test", "-f", "x"])"), Access::read);
  EXPECT_EQ(of_argv(R"(["test", "-f", "x", "y"])"), Access::write);
  EXPECT_EQ(of_argv(R"(["test", "-f"])"), Access::write);
}

TEST(Access, ServiceWritesWhateverItsArgv) {
  EXPECT_EQ(of_argv(R"(["terraform", "plan"])", R"(, "leaves_running": true)"), Access::write);
}

TEST(Access, AliveReadsAndStopWrites) {
  EXPECT_EQ(classify("process/1", json(R"({"alive": "web"})"), {}), Access::read);
  EXPECT_EQ(classify("process/1", json(R"({"stop": "web"})"), {}), Access::write);
}

TEST(Access, GetAndHeadReadAllOtherMethodsWrite) {
  EXPECT_EQ(classify("http/1", json("{}"), {}), Access::read);
  EXPECT_EQ(classify("http/1", json(R"({"method": "HEAD"})"), {}), Access::read);
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get"}) {
    EXPECT_EQ(classify("http/1", Value::object().set("method", method), {}), Access::write);
  }
}

TEST(Access, TimerReadsAndUnknownKindWrites) {
  EXPECT_EQ(classify("timer/1", json("{}"), {}), Access::read);
  EXPECT_EQ(classify("file/9", json("{}"), {}), Access::write);
}

TEST(Access, LookingVerbsMayNotWrite) {
  EXPECT_EQ(code_of(scope_of(Verb::plan), Access::write), "effect.write_in_plan");
  EXPECT_EQ(code_of(scope_of(Verb::verify), Access::write), "effect.write_in_verify");
  EXPECT_EQ(code_of(scope_of(Verb::plan), Access::read), "");
  EXPECT_EQ(code_of(scope_of(Verb::verify), Access::read), "");
}

TEST(Access, ValidateMayNotEvenRead) {
  EXPECT_EQ(code_of(scope_of(Verb::validate), Access::write), "effect.write_in_validate");
  EXPECT_EQ(code_of(scope_of(Verb::validate), Access::read), "effect.read_in_validate");
}

TEST(Access, ApplyNeedsABaselineBeforeItWrites) {
  EffectScope scope = scope_of(Verb::apply);
  scope.has_baseline = false;
  EXPECT_EQ(code_of(scope, Access::write), "effect.no_baseline");
  EXPECT_EQ(code_of(scope, Access::read), "");
  scope.needs_baseline = false;
  EXPECT_EQ(code_of(scope, Access::write), "");
}

TEST(Access, RollbackNeedsNoBaseline) {
  EffectScope scope = scope_of(Verb::rollback);
  scope.has_baseline = false;
  EXPECT_EQ(code_of(scope, Access::write), "");
}

TEST(Access, StageThatReadsOnlyNeverWrites) {
  for (const Verb verb : {Verb::apply, Verb::rollback}) {
    EffectScope scope = scope_of(verb);
    scope.reads_only = true;
    EXPECT_EQ(code_of(scope, Access::write), "effect.reads_only");
    EXPECT_EQ(code_of(scope, Access::read), "");
  }
}

TEST(Access, OnlyNamedHostsAreReached) {
  Grants grants;
  EXPECT_FALSE(refuse_host(grants, "anywhere:80"));
  grants.hosts = {"api.example.com:443"};
  EXPECT_FALSE(refuse_host(grants, "api.example.com:443"));
  EXPECT_TRUE(refuse_host(grants, "api.example.com:80"));
  EXPECT_TRUE(refuse_host(grants, "api.example.com.evil.test:443"));
}

}  // namespace
}  // namespace stagerun
