#include "core/config/read_pipeline.h"

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/limits.h"

namespace stagerun {
namespace {

Pipeline read(const std::string& text) {
  const Source source{"ship.toml", text};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics);
  EXPECT_EQ(diagnostics.empty() ? "" : render(diagnostics, source), "");
  return pipeline.value_or(Pipeline{});
}

constexpr const char* kTwoStages = R"(
name = "shop"
environment = "production"
description = "goes live"
[[stage]]
name = "build"
uses = "exec"
[[stage]]
name = "check"
uses = "http.check"
needs = []
timeout = "1h30m"
on_failure = "continue"
rollback = "never"
acknowledge_irreversible = true
)";

TEST(ReadPipeline, EveryKeyOfAStageArrives) {
  const Pipeline pipeline = read(kTwoStages);
  EXPECT_EQ(pipeline.name, "shop");
  EXPECT_EQ(pipeline.environment, "production");
  EXPECT_EQ(pipeline.description, "goes live");
  ASSERT_EQ(pipeline.stages.size(), 2u);
  const StageSpec& check = pipeline.stages[1];
  EXPECT_EQ(check.name, "check");
  EXPECT_EQ(check.span, (Span{9, 8, 7}));
  EXPECT_EQ(check.uses, "http.check");
  EXPECT_EQ(check.uses_span, (Span{10, 8, 12}));
  EXPECT_TRUE(check.needs.empty());
  EXPECT_EQ(check.timeout_ms, 5'400'000);
  EXPECT_EQ(check.on_failure, OnFailure::keep_going);
  EXPECT_EQ(check.rollback, RollbackPolicy::never);
  EXPECT_TRUE(check.acknowledge_irreversible);
}

TEST(ReadPipeline, AStageThatSaysNothingGetsTheDefaults) {
  const StageSpec build = read(kTwoStages).stages.at(0);
  EXPECT_TRUE(build.needs.empty());
  EXPECT_EQ(build.timeout_ms, limits::kStageTimeout);
  EXPECT_EQ(build.on_failure, OnFailure::rollback);
  EXPECT_EQ(build.rollback, RollbackPolicy::automatic);
  EXPECT_FALSE(build.acknowledge_irreversible);
  EXPECT_EQ(build.with, Value::object());
  EXPECT_EQ(build.with_spans.at(""), build.uses_span);
}

TEST(ReadPipeline, AStageNeedsTheOneBeforeItUnlessItSaysOtherwise) {
  const Pipeline pipeline = read(R"(
name = "x"
stage = [ { name = "a", uses = "e" }, { name = "b", uses = "e" },
          { name = "c", uses = "e", needs = ["a", "b"] } ]
)");
  EXPECT_EQ(pipeline.stages[1].needs, (std::vector<std::string>{"a"}));
  EXPECT_TRUE(pipeline.stages[1].needs_spans.empty());
  EXPECT_EQ(pipeline.stages[2].needs, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(pipeline.stages[2].needs_spans.at("b"), (Span{4, 51, 3}));
}

TEST(ReadPipeline, InputsArriveInTheOrderOfTheFile) {
  const Pipeline pipeline = read(R"(
name = "x"
[inputs.version]
required = true
pattern = '^v\d+$'
description = "what goes live"
[inputs.count]
type = "integer"
default = 2
choices = [1, 2, 3]
[inputs.dry]
type = "boolean"
[[stage]]
name = "a"
uses = "e"
)");
  ASSERT_EQ(pipeline.inputs.size(), 3u);
  const InputSpec& version = pipeline.inputs[0];
  EXPECT_EQ(version.name, "version");
  EXPECT_EQ(version.span, (Span{3, 9, 7}));
  EXPECT_TRUE(version.required);
  EXPECT_EQ(version.pattern, "^v\\d+$");
  EXPECT_EQ(pipeline.inputs[1].fallback, Value(2));
  EXPECT_EQ(pipeline.inputs[1].choices, (std::vector<Value>{1, 2, 3}));
  EXPECT_EQ(pipeline.inputs[2].type, "boolean");
  EXPECT_FALSE(pipeline.inputs[2].fallback.has_value());
}

constexpr const char* kWith = R"(name = "x"
[[stage]]
name = "a"
uses = "e"
[stage.with]
run = ["sh", "${{ inputs.x }}"]
	"a/b~c" = { deep.er = 1.5, on = true }
at = 2026-12-20
text = """
one ${{ stages.b.outputs.c }}
"""
)";

TEST(ReadPipeline, WithKeepsItsOrderAndTypes) {
  const StageSpec stage = read(kWith).stages.at(0);
  EXPECT_EQ(render_json(stage.with),
            R"({"run":["sh","${{ inputs.x }}"],"a/b~c":{"deep":{"er":1.5},"on":true},)"
            R"("at":"2026-12-20","text":"one ${{ stages.b.outputs.c }}\n"})");
}

TEST(ReadPipeline, PlacesInWithAreKnownByTheirPointers) {
  const StageSpec stage = read(kWith).stages.at(0);
  EXPECT_EQ(stage.with_spans.at(""), (Span{5, 1, 12}));
  EXPECT_EQ(stage.with_spans.at("/run"), (Span{6, 7, 25}));
  EXPECT_EQ(stage.with_spans.at("/run/1"), (Span{6, 14, 17}));
  EXPECT_EQ(stage.with_spans.at("/a~1b~0c/deep/er"), (Span{7, 24, 3}));
  EXPECT_EQ(stage.with_key_spans.at("/a~1b~0c"), (Span{7, 2, 7}));
  EXPECT_EQ(stage.with_key_spans.at("/a~1b~0c/on"), (Span{7, 29, 2}));
}

TEST(ReadPipeline, ExpressionsInWithAreTakenApart) {
  const StageSpec stage = read(kWith).stages.at(0);
  ASSERT_EQ(stage.templates.size(), 2u);
  EXPECT_TRUE(stage.templates.at("/run/1").is_whole_expression());
  EXPECT_EQ(stage.templates.at("/run/1").parts[0].expression->span, (Span{6, 15, 15}));
  EXPECT_EQ(stage.templates.at("/text").parts[1].expression->span, (Span{10, 5, 25}));
}

TEST(ReadPipeline, TenThousandStagesAreRead) {
  std::string text = "name = \"x\"\n";
  for (int i = 0; i < 10'000; ++i) {
    text += "[[stage]]\nname = \"s" + std::to_string(i) + "\"\nuses = \"exec\"\n";
  }
  const Pipeline pipeline = read(text);
  ASSERT_EQ(pipeline.stages.size(), 10'000u);
  EXPECT_EQ(pipeline.stages.back().needs.at(0), "s9998");
}

}  // namespace
}  // namespace stagerun
