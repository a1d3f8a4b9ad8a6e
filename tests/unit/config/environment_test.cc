#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/config/read_pipeline.h"

namespace stagerun {
namespace {

Pipeline read(const std::string& text, const std::string& environment = "") {
  const Source source{"p.toml", text};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics, environment);
  EXPECT_EQ(diagnostics.empty() ? "" : render(diagnostics, source), "");
  return pipeline.value_or(Pipeline{});
}

const StageSpec& stage(const Pipeline& pipeline, const std::string& name) {
  for (const StageSpec& each : pipeline.stages) {
    if (each.name == name) return each;
  }
  ADD_FAILURE() << "no stage " << name;
  static const StageSpec kNone;
  return kNone;
}

constexpr const char* kShop = R"(
name = "shop"
environment = "production"
env = ["HOME"]
[inputs.url]
required = true
[inputs.count]
type = "integer"
default = 3
[secrets]
KEY = { env = "KEY" }
[environments.staging]
inputs = { url = "https://staging" }
without = ["backup", "announce"]
[environments.staging.with.deploy]
replicas = 1
env = { B = "${{ inputs.url }}", C = "3" }
hosts = ["s"]
[environments.local]
with.deploy = { key = "${{ secrets.KEY }}", home = "${{ env.HOME }}" }
[[stage]]
name = "check"
uses = "e"
[[stage]]
name = "backup"
uses = "e"
[[stage]]
name = "deploy"
uses = "e"
secrets = ["KEY"]
with = { replicas = 3, env = { A = "1", B = "2" }, hosts = ["a", "b"] }
[[stage]]
name = "announce"
uses = "e"
needs = ["backup", "deploy"]
[[stage]]
name = "smoke"
uses = "e"
needs = ["announce"]
)";

TEST(Environments, WithoutOneTheFileSaysAll) {
  const Pipeline shop = read(kShop);
  EXPECT_EQ(shop.environment, "production");
  EXPECT_EQ(shop.stages.size(), 5u);
  EXPECT_TRUE(shop.left_out.empty());
  EXPECT_FALSE(shop.inputs[0].fallback.has_value());
  EXPECT_EQ(stage(shop, "deploy").with.integer_or("replicas", 0), 3);
}

TEST(Environments, TablesAreMergedKeyByKeyAndAllElseIsReplaced) {
  const StageSpec deploy = stage(read(kShop, "staging"), "deploy");
  EXPECT_EQ(render_json(deploy.with),
            R"({"replicas":1,"env":{"A":"1","B":"${{ inputs.url }}","C":"3"},"hosts":["s"]})");
  EXPECT_EQ(deploy.templates.count("/env/B"), 1u);
  EXPECT_EQ(deploy.with_spans.at("/env/B").line, 17u);
  EXPECT_EQ(deploy.with_spans.at("/env/A").line, 31u);
  EXPECT_EQ(deploy.with_spans.count("/hosts/1"), 0u);
}

TEST(Environments, AnInputGetsAnotherDefaultAndIsNoLongerRequired) {
  const Pipeline staging = read(kShop, "staging");
  EXPECT_EQ(staging.environment, "staging");
  EXPECT_EQ(staging.inputs[0].fallback, Value("https://staging"));
  EXPECT_FALSE(staging.inputs[0].required);
  EXPECT_EQ(staging.inputs[1].fallback, Value(3));
}

TEST(Environments, WhoNeedsAStageThatIsLeftOutNeedsWhatItNeeded) {
  const Pipeline staging = read(kShop, "staging");
  ASSERT_EQ(staging.stages.size(), 3u);
  EXPECT_EQ(staging.left_out.size(), 2u);
  EXPECT_EQ(stage(staging, "deploy").needs, std::vector<std::string>{"check"});
  EXPECT_EQ(stage(staging, "smoke").needs, (std::vector<std::string>{"check", "deploy"}));
}

TEST(Environments, WhatAnotherEnvironmentUsesCounts) {
  const Pipeline shop = read(kShop);
  EXPECT_EQ(stage(shop, "deploy").used_secrets, std::set<std::string>{"KEY"});
  EXPECT_EQ(shop.used_variables, std::set<std::string>{"HOME"});
}

TEST(Environments, TheOneThatTheFileNamesAppliesByItself) {
  const std::string text =
      "name=\"x\"\nenvironment=\"here\"\n[environments.here]\n"
      "without=[\"b\"]\n[[stage]]\nname=\"a\"\nuses=\"e\"\n"
      "[[stage]]\nname=\"b\"\nuses=\"e\"\n";
  EXPECT_EQ(read(text).stages.size(), 1u);
  EXPECT_EQ(read(text, "here").stages.size(), 1u);
}

TEST(Environments, TenThousandStagesThatAreLeftOutTakeLittleTime) {
  std::string text = "name=\"x\"\n[environments.e]\nwithout=[";
  for (int i = 1; i < 9'999; ++i) text += "\"s" + std::to_string(i) + "\",";
  text += "]\n";
  for (int i = 0; i < 10'000; ++i) {
    text += "[[stage]]\nname=\"s" + std::to_string(i) + "\"\nuses=\"e\"\n";
  }
  const Pipeline pipeline = read(text, "e");
  ASSERT_EQ(pipeline.stages.size(), 2u);
  EXPECT_EQ(pipeline.stages[1].needs, std::vector<std::string>{"s0"});
}

// -- The other keys that are shared or new
// ---------------------------------------------------------

TEST(Defaults, AreWhatAStageHasThatSaysNothingElse) {
  const Pipeline pipeline = read(R"(
name = "x"
[defaults]
timeout = "1m"
retry = { attempts = 3, backoff = "2s", max_backoff = "1m" }
on_failure = "stop"
rollback = "manual"
[state]
store = "dir:runs"
[[stage]]
name = "a"
uses = "e"
[[stage]]
name = "b"
uses = "e"
timeout = "2m"
rollback_timeout = "5m"
retry = { attempts = 2, backoff = "45s" }
on_failure = "continue"
rollback = "always"
)");
  EXPECT_EQ(pipeline.state, "dir:runs");
  const StageSpec& a = pipeline.stages[0];
  EXPECT_EQ(a.timeout_ms, 60'000);
  EXPECT_EQ(a.rollback_timeout_ms, 60'000);
  EXPECT_EQ(a.retry.attempts, 3);
  EXPECT_EQ(a.retry.backoff_ms, 2'000);
  EXPECT_EQ(a.retry.max_backoff_ms, 60'000);
  EXPECT_EQ(a.on_failure, OnFailure::stop);
  EXPECT_EQ(a.rollback, RollbackPolicy::manual);
  EXPECT_EQ(a.rollback_span.line, 0u);
  const StageSpec& b = pipeline.stages[1];
  EXPECT_EQ(b.timeout_ms, 120'000);
  EXPECT_EQ(b.rollback_timeout_ms, 300'000);
  EXPECT_EQ(b.retry.attempts, 2);
  EXPECT_EQ(b.retry.max_backoff_ms, 45'000);
  EXPECT_EQ(b.on_failure, OnFailure::keep_going);
  EXPECT_EQ(b.rollback, RollbackPolicy::always);
}

TEST(Secrets, ComeFromOnePlaceEach) {
  const Pipeline pipeline = read(R"(
name = "x"
[secrets]
A = { env = "A_KEY" }
B = { file = "/run/secrets/b" }
C = { command = ["pass", "show", "c"] }
[[stage]]
name = "a"
uses = "e"
secrets = ["A", "B", "C"]
with = { a = "Bearer ${{ secrets.A }}", b = "${{ secrets.B }}${{ secrets.C }}" }
)");
  ASSERT_EQ(pipeline.secrets.size(), 3u);
  EXPECT_EQ(pipeline.secrets[0].from, SecretSpec::From::variable);
  EXPECT_EQ(pipeline.secrets[0].place, "A_KEY");
  EXPECT_EQ(pipeline.secrets[1].from, SecretSpec::From::file);
  EXPECT_EQ(pipeline.secrets[1].place, "/run/secrets/b");
  EXPECT_EQ(pipeline.secrets[2].from, SecretSpec::From::command);
  EXPECT_EQ(pipeline.secrets[2].command, (std::vector<std::string>{"pass", "show", "c"}));
  EXPECT_EQ(pipeline.stages[0].secrets, (std::vector<std::string>{"A", "B", "C"}));
  EXPECT_EQ(pipeline.stages[0].used_secrets, (std::set<std::string>{"A", "B", "C"}));
}

TEST(ReadPipeline, WhatCouldBeReadIsThereDespiteWhatIsWrong) {
  const Source source{"p.toml", R"(
nam = "x"
[inputs.n]
type = "int"
[[stage]]
name = "a"
uses = "e"
timeout = 3
[[stage]]
name = "b"
uses = "f"
with = { x = "${{ nothing }}", y = 1 }
)"};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics);
  EXPECT_EQ(diagnostics.size(), 4u) << render(diagnostics, source);
  ASSERT_TRUE(pipeline.has_value());
  ASSERT_EQ(pipeline->stages.size(), 2u);
  EXPECT_TRUE(pipeline->inputs[0].is_broken);
  EXPECT_TRUE(pipeline->stages[0].is_broken);
  EXPECT_FALSE(pipeline->stages[1].is_broken);
  EXPECT_TRUE(pipeline->stages[1].templates.at("/x").parts[0].expression->nodes.empty());
  EXPECT_FALSE(pipeline->is_read);
}

}  // namespace
}  // namespace stagerun
