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
  return classify("process/1", json(R"({"argv": )" + argv + more + "}"), Verb::apply, grants);
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

TEST(Access, ShellLineReadsOnlyWordForWord) {
  Grants grants;
  grants.read_commands = {shell_argv("test -f x")};
  grants.read_prefixes = {{"/bin/sh"}};
  const auto of_line = [&](const char* request) {
    return classify("process/1", json(request), Verb::apply, grants);
  };
  EXPECT_EQ(of_line(R"({"shell": "test -f x"})"), Access::read);
  EXPECT_EQ(of_line(R"({"shell": "test -f x", "leaves_running": true})"), Access::write);
  EXPECT_EQ(of_line(R"({"shell": "test -f x; rm x"})"), Access::write);
  EXPECT_EQ(of_line(R"({"shell": "test -f  x"})"), Access::write);
  EXPECT_EQ(of_line(R"({"shell": ""})"), Access::write);
}

TEST(Access, ServiceWritesWhateverItsArgv) {
  EXPECT_EQ(of_argv(R"(["terraform", "plan"])", R"(, "leaves_running": true)"), Access::write);
}

TEST(Access, AliveReadsAndStopWrites) {
  EXPECT_EQ(classify("process/1", json(R"({"alive": "web"})"), Verb::apply, {}), Access::read);
  EXPECT_EQ(classify("process/1", json(R"({"stop": "web"})"), Verb::apply, {}), Access::write);
}

TEST(Access, GetAndHeadReadAllOtherMethodsWrite) {
  EXPECT_EQ(classify("http/1", json("{}"), Verb::apply, {}), Access::read);
  EXPECT_EQ(classify("http/1", json(R"({"method": "HEAD"})"), Verb::apply, {}), Access::read);
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "get"}) {
    EXPECT_EQ(classify("http/1", Value::object().set("method", method), Verb::apply, {}),
              Access::write);
  }
}

TEST(Access, ProbeReadsWhereWritesAreAllowedAnyway) {
  const Value probe = json(R"({"method": "POST", "probe": true})");
  EXPECT_EQ(classify("http/1", probe, Verb::apply, {}), Access::read);
  EXPECT_EQ(classify("http/1", probe, Verb::rollback, {}), Access::read);
  EXPECT_EQ(classify("http/1", probe, Verb::plan, {}), Access::write);
  EXPECT_EQ(classify("http/1", probe, Verb::verify, {}), Access::write);
  const Value none = json(R"({"method": "POST", "probe": false})");
  EXPECT_EQ(classify("http/1", none, Verb::apply, {}), Access::write);
}

TEST(Access, LookingAtFilesReadsAndAskingOfSecretsToo) {
  EXPECT_EQ(classify("file/1", json(R"({"look": "a"})"), Verb::plan, {}), Access::read);
  EXPECT_EQ(classify("file/1", json(R"({"keep": "a"})"), Verb::plan, {}), Access::read);
  for (const char* request : {R"({"write": "a"})", R"({"remove": "a"})", R"({"rename": "a"})"}) {
    EXPECT_EQ(classify("file/1", json(request), Verb::plan, {}), Access::write);
  }
  EXPECT_EQ(classify("secret/1", json("{}"), Verb::plan, {}), Access::read);
}

TEST(Access, TimerReadsAndUnknownKindWrites) {
  EXPECT_EQ(classify("timer/1", json("{}"), Verb::apply, {}), Access::read);
  EXPECT_EQ(classify("file/9", json("{}"), Verb::apply, {}), Access::write);
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
