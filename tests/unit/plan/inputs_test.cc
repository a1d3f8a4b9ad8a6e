#include "core/plan/inputs.h"

#include <gtest/gtest.h>

#include "core/base/json.h"

namespace stagerun {
namespace {

InputSpec input(const std::string& name, const std::string& type) {
  InputSpec spec;
  spec.name = name;
  spec.type = type;
  spec.span = {7, 9, 5};
  return spec;
}

using Given = std::map<std::string, std::string>;

std::string checked(const std::vector<InputSpec>& inputs, const Given& given) {
  Pipeline pipeline;
  pipeline.inputs = inputs;
  Diagnostics diagnostics;
  const Value values = check_inputs(pipeline, given, diagnostics);
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    out += render(diagnostic, Source{"p.toml", "\n\n\n\n\n\n[inputs.count]\n"});
  }
  return diagnostics.empty() ? render_json(values) : out;
}

TEST(Inputs, TextBecomesAValueOfTheType) {
  EXPECT_EQ(checked({input("z", "integer"), input("b", "boolean"), input("a", "string")},
                    {{"a", "1"}, {"b", "false"}, {"z", "-9223372036854775808"}}),
            R"({"z":-9223372036854775808,"b":false,"a":"1"})");
}

TEST(Inputs, ADefaultIsUsedWhereNoneIsGiven) {
  InputSpec a = input("a", "integer");
  a.fallback = Value(3);
  EXPECT_EQ(checked({a, input("b", "string")}, {}), R"({"a":3})");
  EXPECT_EQ(checked({a}, {{"a", "4"}}), R"({"a":4})");
}

TEST(Inputs, WhatIsNoneOfTheTypeIsReported) {
  EXPECT_EQ(checked({input("n", "integer")}, {{"n", "4x"}}),
            "error: -i n=4x: not of type integer\n"
            " --> p.toml\n"
            "  = give a whole number of at most 64 bits\n");
  for (const char* text : {"", "9223372036854775808", "1.0", " 1", "+1", "0x1"}) {
    EXPECT_NE(checked({input("n", "integer")}, {{"n", text}}).find("not of type"),
              std::string::npos);
  }
  for (const char* text : {"", "yes", "True", "1"}) {
    EXPECT_NE(checked({input("n", "boolean")}, {{"n", text}}).find("not of type"),
              std::string::npos);
  }
  EXPECT_NE(checked({input("n", "string")}, {{"n", "\xFF"}}).find("not of type"),
            std::string::npos);
}

TEST(Inputs, ARequiredOneThatIsMissingIsShownWhereItIsDeclared) {
  InputSpec spec = input("count", "integer");
  spec.required = true;
  EXPECT_EQ(checked({spec}, {}),
            "error: input `count` has no value\n"
            " --> p.toml:7:9\n"
            " 7 | [inputs.count]\n"
            "   |         ^^^^^ give it with -i count=...\n");
}

TEST(Inputs, PatternAndChoicesHold) {
  InputSpec tag = input("tag", "string");
  tag.pattern = "^v[0-9]+$";
  EXPECT_EQ(checked({tag}, {{"tag", "v12"}}), R"({"tag":"v12"})");
  EXPECT_EQ(checked({tag}, {{"tag", "v1\n; rm"}}),
            "error: -i tag=v1\\x0a; rm: does not match the input's pattern\n"
            " --> p.toml\n"
            "  = it must match ^v[0-9]+$\n");
  EXPECT_NE(checked({tag}, {{"tag", std::string(1u << 20, 'v')}}).find("too long"),
            std::string::npos);
  InputSpec count = input("n", "integer");
  count.choices = {1, 2};
  EXPECT_EQ(checked({count}, {{"n", "2"}}), R"({"n":2})");
  EXPECT_EQ(checked({count}, {{"n", "3"}}),
            "error: -i n=3: none of the choices\n"
            " --> p.toml\n"
            "  = one of: 1, 2\n");
}

TEST(Inputs, AnUnknownNameIsReportedWithASuggestion) {
  EXPECT_EQ(checked({input("image", "string")}, {{"imgae", "x"}}),
            "error: -i imgae: the pipeline has no such input\n"
            " --> p.toml\n"
            "  = did you mean `image`?\n");
}

TEST(Inputs, AnExpressionInAValueIsOnlyText) {
  EXPECT_EQ(checked({input("a", "string")}, {{"a", "${{ inputs.b }}"}}),
            R"({"a":"${{ inputs.b }}"})");
}

}  // namespace
}  // namespace stagerun
