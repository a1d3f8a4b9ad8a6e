#include "core/plan/references.h"

#include <gtest/gtest.h>

#include "core/config/read_pipeline.h"

namespace stagerun {
namespace {

// Stages a, b (needs a), c (needs nothing) and d (needs b), each with the outputs x and y. `with`
// stands in d.
std::string problems(const std::string& with, const Value& inputs = Value::object()) {
  const Source source{"p.toml", R"(name = "p"
inputs = { given = {}, open = {}, must = { required = true }, std = { default = "s" } }
[[stage]]
name = "a"
uses = "e"
[[stage]]
name = "b"
uses = "e"
[[stage]]
name = "c"
uses = "e"
needs = []
[[stage]]
name = "d"
uses = "e"
needs = ["b"]
with = { v = ")" + with + "\" }\n"};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics);
  EXPECT_TRUE(pipeline.has_value()) << render(diagnostics, source);
  if (!pipeline) return "";
  const StageGraph graph = make_graph(*pipeline, diagnostics);
  const auto places = order(*pipeline, graph, diagnostics);
  const Value any = Value::object();
  const Value declared = Value::object().set("x", any).set("y", any);
  const OutputSchemas outputs(4, Value::object().set("properties", declared));
  check_references(*pipeline, inputs, graph, *places, outputs, diagnostics);
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) out += render(diagnostic, source);
  return out;
}

std::string line(const std::string& with) { return " 17 | with = { v = \"" + with + "\" }\n"; }

TEST(References, WhatIsThereIsFine) {
  EXPECT_EQ(problems("${{ stages.a.outputs.x }}${{ stages.b.outputs.y }}${{ inputs.given }}",
                     Value::object().set("given", "v")),
            "");
}

TEST(References, AnUnknownInputIsReportedWithASuggestion) {
  EXPECT_EQ(problems("a ${{ inputs.gievn }}"),
            "error: the pipeline has no input `gievn`\n"
            " --> p.toml:17:21\n" +
                line("a ${{ inputs.gievn }}") +
                "    |                     ^^^^^^^^^^^^"
                " did you mean `given`?\n");
}

TEST(References, AnInputThatMayGoWithoutAValueIsReportedWhereItIsUsed) {
  EXPECT_EQ(problems("${{ inputs.open }}"),
            "error: input `open` has no value\n"
            " --> p.toml:17:19\n" +
                line("${{ inputs.open }}") +
                "    |                   ^^^^^^^^^^^ give it with -i open=..., give it a default, "
                "or write "
                "default(inputs.open, ...)\n");
  // check_inputs has said so already.
  EXPECT_EQ(problems("${{ inputs.must }}"), "");
  EXPECT_EQ(problems("${{ inputs.std }}"), "");
}

TEST(References, AnUnknownStageIsReportedWithASuggestion) {
  EXPECT_NE(problems("${{ stages.aa.outputs.x }}").find("there is no stage `aa`"),
            std::string::npos);
  EXPECT_NE(problems("${{ stages.aa.outputs.x }}").find("did you mean `a`?"), std::string::npos);
}

TEST(References, AStageThatIsNotNeededMayRunLater) {
  EXPECT_EQ(problems("${{ stages.c.outputs.x }}"),
            "error: stage `c` is not sure to run before `d`\n"
            " --> p.toml:17:19\n" +
                line("${{ stages.c.outputs.x }}") +
                "    |                   ^^^^^^^^^^^^^^^^^^ add \"c\" to the `needs` of `d`\n");
}

TEST(References, AStageHasNotItsOwnOutput) {
  EXPECT_NE(problems("${{ stages.d.outputs.x }}").find("stage `d` refers to its own output"),
            std::string::npos);
}

TEST(References, AnUndeclaredOutputIsReportedWithASuggestion) {
  const std::string text = problems("${{ stages.a.outputs.xx }}");
  EXPECT_NE(text.find("stage `a` has no output `xx`"), std::string::npos) << text;
  EXPECT_NE(text.find("did you mean `x`?"), std::string::npos) << text;
}

TEST(References, EachIsReportedAtItsOwnPlace) {
  const std::string text = problems("${{ inputs.q }} ${{ stages.c.outputs.z }}");
  EXPECT_NE(text.find("p.toml:17:19\n"), std::string::npos) << text;
  EXPECT_NE(text.find("`c` is not sure"), std::string::npos) << text;
  EXPECT_NE(text.find("no output `z`"), std::string::npos) << text;
  EXPECT_NE(text.find("p.toml:17:35\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace stagerun
