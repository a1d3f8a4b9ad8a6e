#include "core/plan/evaluate.h"

#include <random>

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/config/read_pipeline.h"
#include "core/config/template.h"
#include "core/plan/types.h"

namespace stagerun {
namespace {

// A stage with that `if`.
StageSpec stage(const std::string& condition) {
  const Source source{
      "p.toml", "name='x'\n[[stage]]\nname='a'\nuses='e'\nif = \"\"\"" + condition + "\"\"\"\n"};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics);
  EXPECT_TRUE(diagnostics.empty()) << render(diagnostics, source);
  return pipeline ? pipeline->stages.at(0) : StageSpec{};
}

const char* const kContext = R"({
  "inputs": {"name": "Shop", "n": 3, "big": 9007199254740993, "f": 3.0, "yes": true},
  "environment": "production",
  "env": {"HOME": "/root"},
  "git": {"sha": "abc", "dirty": false},
  "stages": {"ran": {"outputs": {"list": ["a", 1, 2.0], "n": 4}}, "skipped": {"outputs": {}}}
})";

// The value as JSON, "waits for X", or "problem: ...".
std::string worth(const std::string& expression) {
  const StageSpec spec = stage(expression);
  if (!spec.condition) return "";
  const Evaluated result = evaluate(*spec.condition, *parse_json(kContext));
  if (const auto* waits = std::get_if<NotYet>(&result)) {
    std::string path;
    for (const auto& word : waits->reference.path) path += (path.empty() ? "" : ".") + word;
    return "waits for " + path;
  }
  if (const auto* problem = std::get_if<ExpressionProblem>(&result)) {
    return "problem: " + problem->text;
  }
  return render_json(std::get<Value>(result));
}

TEST(Evaluate, ReferencesAreLookedUp) {
  EXPECT_EQ(worth("inputs.name"), R"("Shop")");
  EXPECT_EQ(worth("stages.ran.outputs.list"), R"(["a",1,2.0])");
  EXPECT_EQ(worth("environment"), R"("production")");
  EXPECT_EQ(worth("git.dirty"), "false");
}

TEST(Evaluate, WhatIsAbsentIsNullAndWhatIsToComeIsNotYet) {
  EXPECT_EQ(worth("inputs.missing"), "null");
  EXPECT_EQ(worth("git.tag"), "null");
  EXPECT_EQ(worth("env.USER"), "null");
  EXPECT_EQ(worth("stages.skipped.outputs.n"), "null");
  EXPECT_EQ(worth("stages.later.outputs.n"), "waits for stages.later.outputs.n");
  EXPECT_EQ(worth("run.id"), "waits for run.id");
  EXPECT_EQ(worth("runs.last.stages.a.outputs.n"), "waits for runs.last.stages.a.outputs.n");
}

TEST(Evaluate, ValuesAreCompared) {
  EXPECT_EQ(worth("inputs.n == 3 && inputs.n == inputs.f && inputs.n != 4"), "true");
  EXPECT_EQ(worth("inputs.big == 9007199254740993 && inputs.big > 9007199254740992"), "true");
  EXPECT_EQ(worth("inputs.n <= 3 && inputs.n >= 3 && !(inputs.n < 3) && !(inputs.n > 3)"), "true");
  EXPECT_EQ(worth("'a' < 'b' && 'a' < 'aa' && 'Z' < 'a'"), "true");
  EXPECT_EQ(worth("1 < 1.5 && 2.5 > 2"), "true");
  EXPECT_EQ(worth("inputs.missing == null"), "true");
  EXPECT_EQ(worth("inputs.name != null"), "true");
  EXPECT_EQ(worth("inputs.name == null"), "false");
}

TEST(Evaluate, UnlikeTypesAreAProblem) {
  EXPECT_EQ(worth("inputs.name < 3"), "problem: `<` cannot compare a string with an integer");
  EXPECT_EQ(worth("inputs.name == 3"), "problem: `==` cannot compare a string with an integer");
  EXPECT_EQ(worth("inputs.missing < 3"), "problem: `<` cannot compare null with an integer");
  EXPECT_EQ(worth("true < false"), "problem: `<` cannot compare a boolean with a boolean");
  EXPECT_EQ(worth("!inputs.name"), "problem: `!` wants a boolean; this is a string");
  EXPECT_EQ(worth("inputs.name && true"), "problem: `&&` wants booleans; this is a string");
  EXPECT_EQ(worth("1 in inputs.n"),
            "problem: `in` wants an array on its right; this is an integer");
  EXPECT_EQ(worth("lower(inputs.n)"), "problem: `lower` wants a string; this is an integer");
}

TEST(Evaluate, OneSideIsEnoughWhereItDecides) {
  EXPECT_EQ(worth("false && stages.later.outputs.n"), "false");
  EXPECT_EQ(worth("stages.later.outputs.n && false"), "false");
  EXPECT_EQ(worth("true || stages.later.outputs.n"), "true");
  EXPECT_EQ(worth("stages.later.outputs.n || true"), "true");
  EXPECT_EQ(worth("true && stages.later.outputs.n"), "waits for stages.later.outputs.n");
  EXPECT_EQ(worth("inputs.missing != null && inputs.missing > 3"), "false");
  EXPECT_EQ(worth("inputs.missing == null || inputs.missing > 3"), "true");
  EXPECT_EQ(worth("true && true"), "true");
  EXPECT_EQ(worth("false || false"), "false");
}

TEST(Evaluate, MembershipIsEqualityWithAnItem) {
  EXPECT_EQ(worth("environment in ('staging', 'production')"), "true");
  EXPECT_EQ(worth("environment in ('staging')"), "false");
  EXPECT_EQ(worth("2 in stages.ran.outputs.list"), "true");
  EXPECT_EQ(worth("'1' in stages.ran.outputs.list"), "false");
}

TEST(Evaluate, FunctionsOfText) {
  EXPECT_EQ(worth("contains(inputs.name, 'ho')"), "true");
  EXPECT_EQ(worth("contains(stages.ran.outputs.list, 1)"), "true");
  EXPECT_EQ(worth("contains(inputs.name, 1)"),
            "problem: `contains`: a text can only contain a string; this is an integer");
  EXPECT_EQ(worth("starts_with(inputs.name, 'Sh') && ends_with(inputs.name, 'op')"), "true");
  EXPECT_EQ(worth("lower('AbZ\xC3\x84')"), "\"abz\xC3\x84\"");
  EXPECT_EQ(worth("upper('abz')"), R"("ABZ")");
  EXPECT_EQ(worth("trim('  a b ')"), R"("a b")");
  EXPECT_EQ(worth("trim('  ')"), R"("")");
  EXPECT_EQ(worth("replace('a.b.c', '.', '')"), R"("abc")");
  EXPECT_EQ(worth("replace('abc', '', 'x')"), R"("abc")");
  EXPECT_EQ(worth("join(stages.ran.outputs.list, ', ')"), R"("a, 1, 2.0")");
  EXPECT_EQ(worth("basename('a/b/c.txt')"), R"("c.txt")");
  EXPECT_EQ(worth("basename('c.txt')"), R"("c.txt")");
  EXPECT_EQ(worth("length('\xC3\x84h')"), "2");
  EXPECT_EQ(worth("length(stages.ran.outputs.list)"), "3");
  EXPECT_EQ(worth("matches(inputs.name, '^S.*p$')"), "true");
}

TEST(Evaluate, DefaultTakesThePlaceOfWhatIsAbsent) {
  EXPECT_EQ(worth("default(inputs.missing, 'x')"), R"("x")");
  EXPECT_EQ(worth("default(inputs.name, 'x')"), R"("Shop")");
  EXPECT_EQ(worth("default(stages.skipped.outputs.n, 0) == 0"), "true");
  EXPECT_EQ(worth("default(stages.later.outputs.n, 0)"), "waits for stages.later.outputs.n");
}

TEST(Evaluate, VersionsAreOrderedAsSemverHasIt) {
  const char* const ordered[] = {"1.0.0-alpha",  "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                                 "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
                                 "1.0.1",        "1.2.0",         "1.10.0",           "v2.0.0"};
  for (std::size_t i = 0; i < std::size(ordered); ++i) {
    for (std::size_t j = 0; j < std::size(ordered); ++j) {
      const std::string expected = i < j ? "-1" : i == j ? "0" : "1";
      EXPECT_EQ(worth(std::string("semver_compare('") + ordered[i] + "', '" + ordered[j] + "')"),
                expected);
    }
  }
  EXPECT_EQ(worth("semver_compare('1.0.0+a', '1.0.0+b')"), "0");
  EXPECT_EQ(worth("semver_compare('1.0.0', '18446744073709551616.0.0')"), "-1");
  for (const char* bad :
       {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-a..b", "1.2.3-01"}) {
    EXPECT_EQ(worth("semver_compare('1.0.0', '" + std::string(bad) + "')"),
              "problem: `semver_compare`: `" + std::string(bad) + "` is no version such as 1.2.3");
  }
}

TEST(Evaluate, WhatAFunctionMakesIsLimited) {
  const std::string piece(900, 'a');
  const Value context = Value::object().set(
      "inputs", Value::object().set("t", std::string(limits::kExpressionText / 100, 'x')));
  const StageSpec spec = stage("replace(inputs.t, 'x', '" + piece + "') == ''");
  EXPECT_EQ(evaluate_condition(spec, context).answer, Condition::Answer::problem);
}

TEST(Evaluate, WhateverCanBeReadHasAnAnswer) {
  const std::vector<std::string> pieces = {"(",
                                           ")",
                                           "(",
                                           ")",
                                           ",",
                                           "!",
                                           "==",
                                           "!=",
                                           "<",
                                           ">=",
                                           "&&",
                                           "||",
                                           "in",
                                           "'a'",
                                           "'it''s'",
                                           "1",
                                           "-2.5",
                                           "true",
                                           "null",
                                           "inputs.n",
                                           "inputs.name",
                                           "stages.ran.outputs.list",
                                           "stages.later.outputs.x",
                                           "env.HOME",
                                           "lower(",
                                           "default(",
                                           "length(",
                                           "contains(",
                                           "join("};
  const Value context = *parse_json(kContext);
  std::mt19937 random(20260930);
  std::size_t read = 0;
  for (int i = 0; i < 40'000; ++i) {
    std::string text;
    for (std::size_t count = 1 + random() % 9; count > 0; --count) {
      text += pieces[random() % pieces.size()] + " ";
    }
    Diagnostics diagnostics;
    const std::string file = " + text + ";
    const Expression expression = parse_condition(
        text, {1, 1, static_cast<std::uint32_t>(file.size())}, Lines(file), diagnostics);
    ASSERT_EQ(expression.nodes.empty(), !diagnostics.empty()) << text;
    if (expression.nodes.empty()) continue;
    ++read;
    const Types types = check_types(
        expression, [](const Reference&) { return Types{type_any}; }, diagnostics);
    ASSERT_EQ(may_be_absent(expression).size(), expression.nodes.size());
    const Evaluated result = evaluate(expression, context);
    const Value* value = std::get_if<Value>(&result);
    if (value == nullptr || !diagnostics.empty()) continue;
    // What the types promise is kept.
    Types given = type_of(*value);
    if ((given & type_numeric) != 0) given = type_numeric;
    EXPECT_NE(types & given, 0) << text;
  }
  EXPECT_GT(read, 2'000u);
}

TEST(EvaluateCondition, HasFourAnswers) {
  const Value context = *parse_json(kContext);
  using Answer = Condition::Answer;
  EXPECT_EQ(evaluate_condition(StageSpec{}, context).answer, Answer::holds);
  EXPECT_EQ(evaluate_condition(stage("inputs.yes"), context).answer, Answer::holds);
  EXPECT_EQ(evaluate_condition(stage("!inputs.yes"), context).answer, Answer::does_not_hold);
  const Condition waits = evaluate_condition(stage("stages.later.outputs.n == 1"), context);
  EXPECT_EQ(waits.answer, Answer::not_known_yet);
  EXPECT_EQ(waits.text, "stages.later.outputs.n");
  const Condition wrong = evaluate_condition(stage("inputs.name"), context);
  EXPECT_EQ(wrong.answer, Answer::problem);
  EXPECT_EQ(wrong.text, "`if` must give a boolean; this is a string");
}

}  // namespace
}  // namespace stagerun
