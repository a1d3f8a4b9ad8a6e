#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/config/template.h"

namespace stagerun {
namespace {

using Kind = Expression::Kind;

Expression parse(const std::string& text, Diagnostics& diagnostics) {
  const std::string file = "'''" + text + "'''";
  const Span all{1, 1, static_cast<std::uint32_t>(file.size())};
  return parse_condition(text, all, Lines(file), diagnostics);
}

std::string shown(const Expression::Node& node) {
  if (node.kind == Kind::literal) return render_json(node.literal);
  if (node.kind == Kind::list) return "list/" + std::to_string(node.arity);
  if (node.kind == Kind::function) return node.name + "/" + std::to_string(node.arity);
  if (node.kind != Kind::reference) return std::string(symbol_of(node.kind));
  std::string path;
  for (const std::string& word : node.reference.path) path += (path.empty() ? "" : ".") + word;
  return path;
}

// The nodes, in postfix order; or what is wrong.
std::string postfix(const std::string& text) {
  Diagnostics diagnostics;
  const Expression expression = parse(text, diagnostics);
  EXPECT_EQ(diagnostics.empty(), !expression.nodes.empty());
  if (!diagnostics.empty()) return diagnostics[0].text;
  std::string out;
  for (const Expression::Node& node : expression.nodes) {
    out += (out.empty() ? "" : " ") + shown(node);
  }
  return out;
}

TEST(ParseExpression, OperatorsBindAsOneExpects) {
  EXPECT_EQ(postfix("true || false && false"), "true false false && ||");
  EXPECT_EQ(postfix("true && false || false"), "true false && false ||");
  EXPECT_EQ(postfix("inputs.a == 1 && 2 < 3"), "inputs.a 1 == 2 3 < &&");
  EXPECT_EQ(postfix("1 < 2 == true"), "1 2 < true ==");
  EXPECT_EQ(postfix("!true && !!false"), "true ! false ! ! &&");
  EXPECT_EQ(postfix("!(true && false)"), "true false && !");
  EXPECT_EQ(postfix("((1)) <= -2"), "1 -2 <=");
  EXPECT_EQ(postfix("1 >= 2 != (3 > 4)"), "1 2 >= 3 4 > !=");
}

TEST(ParseExpression, AListStandsAfterIn) {
  EXPECT_EQ(postfix("environment in ('a', 'b') && true"),
            R"(environment "a" "b" list/2 in true &&)");
  EXPECT_EQ(postfix("1 in (2)"), "1 2 list/1 in");
  EXPECT_EQ(postfix("1 in stages.a.outputs.all"), "1 stages.a.outputs.all in");
  EXPECT_EQ(postfix("1 in ()"), "a value is missing before `)`");
}

TEST(ParseExpression, FunctionsTakeExpressions) {
  EXPECT_EQ(postfix("default(lower(inputs.a), 'x') == 'y' || contains( 'a' , 'b' )"),
            R"(inputs.a lower/1 "x" default/2 "y" == "a" "b" contains/2 ||)");
  EXPECT_EQ(postfix("length((inputs.a)) == 1"), "inputs.a length/1 1 ==");
}

TEST(ParseExpression, LiteralsAreOfTheirTypes) {
  EXPECT_EQ(postfix("'it''s' == ''"), R"("it's" "" ==)");
  EXPECT_EQ(postfix("1 == 1.5"), "1 1.5 ==");
  EXPECT_EQ(postfix("null != -3"), "null -3 !=");
  for (const char* bad : {"1x", "-", "1e999", "-inf", "-nan", "0x10", "1.2.3"}) {
    EXPECT_EQ(postfix(std::string(bad) + " == 1"),
              "`" + std::string(bad) + "` means nothing in an expression");
  }
}

TEST(ParseExpression, ReferencesAreHeldToTheirForms) {
  for (const char* good :
       {"inputs.a-b", "stages.1-a.outputs.x_y", "runs.last.stages.a.outputs.b",
        "runs.20260101T000000Z-1.stages.a.outputs.b", "run.id", "run.started_at", "git.sha",
        "git.branch", "git.tag", "git.dirty", "environment", "env.HOME"}) {
    EXPECT_EQ(postfix(good), good);
  }
  for (const char* bad : {"inputs", "stages.a.outputs", "runs.last.outputs.b", "run.name", "git",
                          "environment.x", "env", "inputs.", "inputs..a"}) {
    EXPECT_EQ(postfix(bad), "`" + std::string(bad) + "` is not a reference");
  }
}

TEST(ParseExpression, WhatIsWrongIsSaidOnce) {
  for (const char* bad :
       {"",     "(",       ")",         "()",  "!",         "1 1",        "1 + 2",   "== 1",
        "1 ==", "(1",      "1)",        "a(1", "lower(1,)", "lower(,1)",  "lower()", "lower 1",
        "1, 2", "(1, 2)",  "1 in 1 in", "&&",  "'",         "in",         "lower",   "lower(1))",
        "((((", "1 in (2", "1 in (2,",  "!)",  "(1) (2)",   "lower(1)(2)"}) {
    Diagnostics diagnostics;
    parse(bad, diagnostics);
    EXPECT_EQ(diagnostics.size(), 1u) << bad;
  }
}

TEST(ParseExpression, ACaretStandsUnderWhatIsMeant) {
  const auto span = [](const std::string& text) {
    Diagnostics diagnostics;
    parse(text, diagnostics);
    const Span found = diagnostics.at(0).span;
    return text.substr(found.column - 4, found.length);
  };
  EXPECT_EQ(span("true && nothing(1)"), "nothing");
  EXPECT_EQ(span("inputs.a == git.x"), "git.x");
  EXPECT_EQ(span("true && lower('a', 'b') == 'c'"), "lower('a', 'b')");
  EXPECT_EQ(span("true && (true"), "(");
  EXPECT_EQ(span("1 == \xC3\xA4"), "\xC3\xA4");
}

TEST(ParseExpression, OperatorsSpanTheirOperands) {
  Diagnostics diagnostics;
  const Expression parsed = parse("true && (1 == 2)", diagnostics);
  ASSERT_EQ(parsed.nodes.size(), 5u);
  EXPECT_EQ(parsed.nodes[3].span, (Span{1, 13, 6}));
  EXPECT_EQ(parsed.nodes[4].span, (Span{1, 4, 16}));
}

TEST(ParseExpression, ItsSizeIsLimited) {
  std::string many = "1";
  for (std::size_t i = 0; i < limits::kExpressionNodes; ++i) many += "<1";
  EXPECT_EQ(postfix(many), "an expression is too long");
  EXPECT_EQ(postfix(std::string(2'000, '(')), "an expression is too long");
  EXPECT_EQ(postfix("'" + std::string(limits::kExpressionBytes, 'a') + "'"),
            "an expression is too long");
  EXPECT_EQ(postfix("'" + std::string(4'000, 'a') + "' == ''").size(), 4'008u);
}

}  // namespace
}  // namespace stagerun
