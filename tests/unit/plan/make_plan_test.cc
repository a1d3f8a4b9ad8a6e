#include "core/plan/make_plan.h"

#include <chrono>

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/config/read_pipeline.h"
#include "core/plan/evaluate.h"
#include "core/plan/resolve.h"

namespace stagerun {
namespace {

CatalogEntry entry(const std::string& schema, const std::string& outputs,
                   const std::string& manifest, std::uint32_t flags) {
  CatalogEntry made;
  made.stage.schema = *parse_json(schema);
  made.stage.outputs = *parse_json(outputs);
  made.stage.manifest = *parse_json(manifest);
  made.stage.flags = flags;
  made.stage.has_verb[static_cast<std::uint32_t>(Verb::rollback)] = true;
  return made;
}

// Two plugins: exec, which can go back where it has `undo`, and check, which only reads.
Catalog catalog() {
  Catalog made;
  made["exec"] = entry(
      R"({"type":"object","additionalProperties":false,"required":["run"],"properties":{
          "run":{"type":"array","items":{"type":"string"}},"undo":{"type":"array"},
          "outputs":{"type":"object"},"idempotent":{"type":"boolean"}}})",
      R"({"type":"object","properties":{"exit":{"type":"integer"},"yes":{"type":"boolean"},
          "text":{"type":"string"},"words":{"type":"array"}}})",
      R"({"flags":[{"has":"/undo","add":"compensable"},
                   {"if":{"/idempotent":true},"add":"idempotent"}],"outputs_from":"/outputs"})",
      0);
  made["check"] =
      entry(R"({"properties":{"status":{"type":"integer"}}})", "null", "null", flag_reads_only);
  return made;
}

struct Planned {
  std::optional<Plan> plan;
  std::string problems;
};

Planned plan(const std::string& stages, Value inputs = Value::object()) {
  const Source source{"p.toml", "name = \"x\"\n" + stages};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics);
  EXPECT_TRUE(pipeline.has_value()) << render(diagnostics, source);
  Planned planned;
  if (pipeline) planned.plan = make_plan(*pipeline, catalog(), std::move(inputs), diagnostics);
  EXPECT_EQ(planned.plan.has_value(), diagnostics.empty());
  for (const Diagnostic& diagnostic : diagnostics) planned.problems += render(diagnostic, source);
  return planned;
}

std::string check(const std::string& name, const std::string& rest) {
  return "[[stage]]\nname = \"" + name + "\"\nuses = \"check\"\n" + rest;
}

std::string exec(const std::string& name, const std::string& rest) {
  return "[[stage]]\nname = \"" + name + "\"\nuses = \"exec\"\n" + rest;
}

constexpr const char* kUndoable = "with = { run = [\"a\"], undo = [\"b\"] }\n";

TEST(MakePlan, StagesAreBoundInTheOrderInWhichTheyRun) {
  const Planned made =
      plan(exec("a", std::string("needs = [\"b\"]\n") + kUndoable) + check("b", "needs = []\n"),
           Value::object().set("i", 1));
  ASSERT_TRUE(made.plan.has_value()) << made.problems;
  EXPECT_EQ(made.plan->pipeline_name, "x");
  EXPECT_EQ(made.plan->inputs, Value::object().set("i", 1));
  ASSERT_EQ(made.plan->stages.size(), 2u);
  EXPECT_EQ(made.plan->stages[0].spec.name, "b");
  EXPECT_TRUE(made.plan->stages[0].reads_only());
  EXPECT_EQ(made.plan->stages[1].flags, std::uint32_t{flag_compensable});
  EXPECT_TRUE(made.plan->stages[1].can_go_back());
}

TEST(MakePlan, AnUnknownPluginIsReportedWithASuggestion) {
  EXPECT_EQ(plan("[[stage]]\nname = \"a\"\nuses = \"exce\"\n").problems,
            "error: no plugin offers `exce`\n"
            " --> p.toml:4:8\n"
            " 4 | uses = \"exce\"\n"
            "   |        ^^^^^^ did you mean `exec`?\n");
}

TEST(MakePlan, AnIrreversibleStageMustBeAcknowledged) {
  EXPECT_EQ(plan(exec("a", "with.run = [\"x\"]\n")).problems,
            "error: stage `a` could not be undone\n"
            " --> p.toml:3:8\n"
            " 3 | name = \"a\"\n"
            "   |        ^^^ give it `undo`, or set acknowledge_irreversible = true\n");
  EXPECT_EQ(plan(exec("a", "acknowledge_irreversible = true\nwith.run = [\"x\"]\n")).problems, "");
  EXPECT_EQ(plan(exec("a", std::string("acknowledge_irreversible = true\n") + kUndoable)).problems,
            "");
  EXPECT_EQ(plan(check("a", "acknowledge_irreversible = true\n")).problems, "");
}

TEST(MakePlan, AnExpressionCountsAsPresentForAFlag) {
  const Planned made =
      plan(check("c", "") + exec("b", kUndoable) +
           exec("a", "with = { run = [\"a\"], undo = \"${{ stages.b.outputs.words }}\" }"));
  ASSERT_TRUE(made.plan.has_value()) << made.problems;
  EXPECT_TRUE(made.plan->stages[2].can_go_back());
}

TEST(MakePlan, AFlagCannotWaitForAnOutput) {
  EXPECT_EQ(
      plan(exec("b", kUndoable) + exec("a",
                                       "[stage.with]\nrun = [\"a\"]\nundo = []\n"
                                       "idempotent = \"${{ stages.b.outputs.yes }}\"\n"))
          .problems,
      "error: `/idempotent` decides what the stage may do, so it must be known before the run\n"
      " --> p.toml:12:14\n"
      " 12 | idempotent = \"${{ stages.b.outputs.yes }}\"\n"
      "    |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ write it here, or take it from an "
      "input\n");
}

TEST(MakePlan, AFlagMayComeFromAnInput) {
  const std::string stages =
      "[inputs.i]\ntype = \"boolean\"\ndefault = true\n" +
      exec("a", "with = { run = [\"a\"], undo = [], idempotent = \"${{ inputs.i }}\" }\n");
  const Planned made = plan(stages, Value::object().set("i", true));
  ASSERT_TRUE(made.plan.has_value()) << made.problems;
  EXPECT_TRUE(made.plan->stages[0].may_repeat());
  EXPECT_FALSE(plan(stages, Value::object().set("i", false)).plan->stages[0].may_repeat());
}

TEST(MakePlan, ConfigurationIsHeldAgainstThePluginsSchema) {
  EXPECT_EQ(plan(exec("a", "with = { rnu = [\"x\"], undo = [] }\n")).problems,
            "error: unknown key `rnu` in `with`\n"
            " --> p.toml:5:10\n"
            " 5 | with = { rnu = [\"x\"], undo = [] }\n"
            "   |          ^^^ did you mean `run`?\n"
            "error: `run` is missing in `with`\n"
            " --> p.toml:5:8\n"
            " 5 | with = { rnu = [\"x\"], undo = [] }\n"
            "   |        ^^^^^^^^^^^^^^^^^^^^^^^^^^\n");
}

TEST(MakePlan, AnOutputThatThePipelineDeclaresHasAType) {
  EXPECT_EQ(plan(exec("a", "with = { run = [], undo = [], outputs = { n = \"int\" } }\n")).problems,
            "error: output `n` cannot be of type `int`\n"
            " --> p.toml:5:47\n"
            " 5 | with = { run = [], undo = [], outputs = { n = \"int\" } }\n"
            "   |                                               ^^^^^ "
            "one of: string, integer, number, boolean\n");
}

TEST(MakePlan, ABrokenPluginIsReportedOnce) {
  Catalog broken;
  broken["e"] = entry(R"({"$ref":"#/x"})", "null", R"({"flagz":[]})", flag_reads_only);
  const Source source{
      "p.toml",
      "name=\"x\"\n[[stage]]\nname=\"a\"\nuses=\"e\"\n[[stage]]\nname=\"b\"\nuses=\"e\"\n"};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics);
  EXPECT_FALSE(make_plan(*pipeline, broken, Value::object(), diagnostics).has_value());
  ASSERT_EQ(diagnostics.size(), 2u);
  EXPECT_EQ(
      render(diagnostics[0], source),
      "error: the plugin's `e` is broken: the manifest's `flagz` is unknown to this stagerun\n"
      " --> p.toml:4:6\n"
      " 4 | uses=\"e\"\n"
      "   |      ^^^ tell its author, or use another version of the plugin\n");
}

TEST(MakePlan, ProblemsOfAllKindsAreFoundAtOnce) {
  const std::string problems =
      plan(exec("a", "needs = [\"b\"]\nwith = { run = 1, undo = [] }\n") +
           "[[stage]]\nname = \"b\"\nuses = \"nothing\"\nneeds = [\"a\", \"q\"]\n" +
           exec("c", "with = { run = [\"${{ inputs.x }}\"] }\n"))
          .problems;
  for (const char* part :
       {"in a circle: a -> b -> a", "needs `q`, which", "no plugin offers `nothing`",
        "`/run` must be an array", "no input `x`", "`c` could not be undone"}) {
    EXPECT_NE(problems.find(part), std::string::npos) << part << "\n" << problems;
  }
}

// -- Environments, conditions, secrets
// -------------------------------------------------------------

Planned plan_in(const std::string& environment, const std::string& text) {
  const Source source{"p.toml", "name = \"x\"\n" + text};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics, environment);
  Planned planned;
  if (pipeline) planned.plan = make_plan(*pipeline, catalog(), Value::object(), diagnostics);
  for (const Diagnostic& diagnostic : diagnostics) planned.problems += render(diagnostic, source);
  return planned;
}

TEST(MakePlan, TheEnvironmentIsPartOfTheSurroundings) {
  const Planned made = plan_in("", "environment = \"here\"\n" + check("a", ""));
  ASSERT_TRUE(made.plan.has_value()) << made.problems;
  EXPECT_EQ(made.plan->surroundings, Value::object().set("environment", "here"));
  EXPECT_EQ(context_of(*made.plan).text_or("environment"), "here");
}

TEST(MakePlan, WhatAStageThatIsLeftOutWouldHaveSetIsNull) {
  const std::string text =
      "[environments.small]\nwithout = [\"big\"]\n" + check("big", "") +
      check("after",
            "if = \"stages.big.outputs.x == null\"\n"
            "with = { status = \"${{ default(stages.big.outputs.x, 200) }}\" }\n");
  EXPECT_NE(plan_in("", text).problems.find("stage `big` has no output `x`"), std::string::npos);
  const Planned made = plan_in("small", text);
  ASSERT_TRUE(made.plan.has_value()) << made.problems;
  ASSERT_EQ(made.plan->stages.size(), 1u);
  const Value context = context_of(*made.plan);
  EXPECT_EQ(resolve(made.plan->stages[0].spec, context).with.integer_or("status", 0), 200);
  EXPECT_EQ(evaluate_condition(made.plan->stages[0].spec, context).answer,
            Condition::Answer::holds);
}

TEST(MakePlan, AStageWithAConditionOfItsOwnMayUseWhatMayBeSkipped) {
  const std::string first = exec("a", "if = \"inputs.i\"\n" + std::string(kUndoable));
  const std::string use = "with = { run = [\"${{ stages.a.outputs.text }}\"], undo = [] }\n";
  const std::string input = "[inputs.i]\ntype = \"boolean\"\ndefault = true\n";
  EXPECT_NE(plan(input + first + exec("b", use)).problems.find("may be skipped"),
            std::string::npos);
  EXPECT_EQ(plan(input + first + exec("b", "if = \"inputs.i\"\n" + use)).problems, "");
}

TEST(MakePlan, SecretsReachThePlanAndAreStrings) {
  const std::string secret = "[secrets]\nKEY = { env = \"KEY\" }\n";
  const std::string grant = "secrets = [\"KEY\"]\n";
  const Planned made =
      plan(secret + exec("a", grant + "with = { run = [\"${{ secrets.KEY }}\"], undo = [] }\n"));
  ASSERT_TRUE(made.plan.has_value()) << made.problems;
  ASSERT_EQ(made.plan->secrets.size(), 1u);
  EXPECT_EQ(made.plan->secrets[0].name, "KEY");
  EXPECT_NE(plan(secret + check("a", grant + "with.status = \"${{ secrets.KEY }}\"\n"))
                .problems.find("must be an integer; this expression gives a string"),
            std::string::npos);
}

TEST(MakePlan, WhatFollowsFromAProblemIsNoProblem) {
  const auto count = [](const std::string& text) {
    const std::string problems = plan_in("", text).problems;
    std::size_t found = 0;
    for (std::size_t at = 0; (at = problems.find("error:", at)) != std::string::npos; ++at) ++found;
    return found;
  };
  const std::string use = "with = { run = [\"${{ stages.a.outputs.text }}\"], undo = [] }\n";
  // Its name, its plugin, its needs, its configuration, its outputs: all may hang on what is wrong.
  EXPECT_EQ(count("[[stage]]\nnmae = \"a\"\nuses = \"exec\"\n" + exec("b", use)), 1u);
  EXPECT_EQ(count(exec("a", "wiht = {}\n") + exec("b", use)), 1u);
  EXPECT_EQ(count(exec("a", "needs = 3\n" + std::string(kUndoable)) + exec("b", use)), 1u);
  EXPECT_EQ(count("[[stage]]\nname = \"a\"\nuses = \"exce\"\n" + exec("b", use)), 1u);
  EXPECT_EQ(count(exec("a", kUndoable) + exec("b", "needs = [\"aa\"]\n" + use)), 1u);
  EXPECT_EQ(
      count(
          "[inputs.i]\ntype = \"int\"\n" +
          exec("a", "if = \"inputs.i == 3\"\nwith = { run = [\"${{ inputs.i }}\"], undo = [] }\n")),
      1u);
  EXPECT_EQ(
      count("inptus = {}\n" + exec("a", "with = { run = [\"${{ inputs.i }}\"], undo = [] }\n")),
      1u);
  EXPECT_EQ(count("secrest = {}\n" + exec("a",
                                          "secrets = [\"K\"]\nwith = { run = "
                                          "[\"${{ secrets.K }}\"], undo = [] }\n")),
            1u);
}

std::int64_t ms_since(std::chrono::steady_clock::time_point start) {
  const auto passed = std::chrono::steady_clock::now() - start;
  return std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
}

TEST(MakePlan, AChainOfTenThousandIsPlannedQuickly) {
  std::string stages = exec("s0", kUndoable);
  for (int i = 1; i < 10'000; ++i) {
    stages += exec("s" + std::to_string(i),
                   "with = { run = [\"${{ stages.s0.outputs.text }}\"], undo = [] }\n");
  }
  const auto start = std::chrono::steady_clock::now();
  const Planned made = plan(stages);
  EXPECT_EQ(made.problems, "");
  EXPECT_LT(ms_since(start), 10'000);  // under a second, but for sanitizers and busy machines
}

}  // namespace
}  // namespace stagerun
