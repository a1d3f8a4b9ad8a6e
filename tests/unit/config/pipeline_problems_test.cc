// What a person is told about a pipeline file that is wrong: whole diagnostics, carets included.
#include <algorithm>

#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "core/config/read_pipeline.h"

namespace stagerun {
namespace {

// Everything that is wrong, without the last line that counts.
std::string problems(const std::string& text) {
  const Source source{"ship.toml", text};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics);
  EXPECT_TRUE(pipeline.has_value() || !diagnostics.empty());
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) out += render(diagnostic, source);
  return out;
}

const std::string kStage = "name = \"x\"\n[[stage]]\nname = \"a\"\nuses = \"e\"\n";

TEST(PipelineProblems, AnUnknownKeyIsReportedWithASuggestion) {
  EXPECT_EQ(problems(kStage + "\tneds = [\"test\"]\n"),
            "error: unknown key `neds` in stage `a`\n"
            " --> ship.toml:5:2\n"
            " 5 | \tneds = [\"test\"]\n"
            "   | \t^^^^ did you mean `needs`?\n");
}

TEST(PipelineProblems, AnUnknownKeyNearNoneListsThemAll) {
  EXPECT_EQ(problems("zzzzzzzz = 1\n" + kStage),
            "error: unknown key `zzzzzzzz` in the pipeline\n"
            " --> ship.toml:1:1\n"
            " 1 | zzzzzzzz = 1\n"
            "   | ^^^^^^^^ one of: name, environment, description, env, inputs, secrets, "
            "defaults, state, environments, rehearse, stage\n");
}

TEST(PipelineProblems, AnEmptyFileLacksWhatIsRequired) {
  EXPECT_EQ(problems(""),
            "error: `name` is missing in the pipeline\n"
            " --> ship.toml\n"
            "  = add `name`: what this pipeline is called\n"
            "error: `stage` is missing in the pipeline\n"
            " --> ship.toml\n"
            "  = write [[stage]]\n");
}

TEST(PipelineProblems, AStageLacksWhatIsRequired) {
  EXPECT_EQ(problems("name = \"x\"\n  [[stage]] # one\nname = \"a\"\n"),
            "error: `uses` is missing in stage `a`\n"
            " --> ship.toml:2:3\n"
            " 2 |   [[stage]] # one\n"
            "   |   ^^^^^^^^^ add `uses`: PLUGIN, or PLUGIN.STAGE where it offers several\n");
}

TEST(PipelineProblems, AnItemOfTheWrongTypeIsUnderlinedInsideItsArray) {
  EXPECT_EQ(problems(kStage + "needs = [\n\t\"b\",\n\t5, # no\n  [\"c\"]\n]\n"),
            "error: `needs` in stage `a` must be an array of strings; this is an integer\n"
            " --> ship.toml:7:2\n"
            " 7 | \t5, # no\n"
            "   | \t^\n"
            "error: `needs` in stage `a` must be an array of strings; this is an array\n"
            " --> ship.toml:8:3\n"
            " 8 |   [\"c\"]\n"
            "   |   ^^^^^\n");
}

TEST(PipelineProblems, AValueOutsideTheListShowsTheList) {
  EXPECT_EQ(problems(kStage + "on_failure = \"retry\"\nrollback = \"\"\n"),
            "error: `on_failure` cannot be `retry` in stage `a`\n"
            " --> ship.toml:5:14\n"
            " 5 | on_failure = \"retry\"\n"
            "   |              ^^^^^^^ one of: rollback, stop, continue\n"
            "error: `rollback` cannot be `` in stage `a`\n"
            " --> ship.toml:6:12\n"
            " 6 | rollback = \"\"\n"
            "   |            ^^ one of: auto, manual, never, always\n");
}

TEST(PipelineProblems, ATimeoutMustBeADurationThatCanBeWaitedFor) {
  EXPECT_EQ(problems(kStage + "timeout = \"10 minutes\"\n"),
            "error: `10 minutes` is no duration in stage `a`\n"
            " --> ship.toml:5:11\n"
            " 5 | timeout = \"10 minutes\"\n"
            "   |           ^^^^^^^^^^^^ write it like \"90s\", \"10m\" or \"1h30m\"\n");
  EXPECT_NE(problems(kStage + "timeout = \"0s\"\n").find("must be more than 0"), std::string::npos);
  EXPECT_NE(problems(kStage + "timeout = \"31d\"\n").find("is too long"), std::string::npos);
  EXPECT_NE(problems(kStage + "timeout = 10\n").find("must be a duration"), std::string::npos);
  EXPECT_EQ(problems(kStage + "timeout = \"30d\"\n"), "");
}

TEST(PipelineProblems, NamesOfStagesAreCheckedAndUnique) {
  EXPECT_EQ(problems(kStage + "[[stage]]\nname = \"a\"\nuses = \"e\"\n"),
            "error: two stages are called `a`\n"
            " --> ship.toml:6:8\n"
            " 6 | name = \"a\"\n"
            "   |        ^^^ the first is in line 3; rename one of them\n");
  for (const std::string name : {"", "A", "-a", "a b", "../a", "\xC3\xA4"}) {
    const std::string text = "name=\"x\"\n[[stage]]\nuses=\"e\"\nname=\"" + name + "\"\n";
    EXPECT_NE(problems(text).find("cannot name a stage"), std::string::npos) << name;
  }
  const std::string longest(limits::kNameBytes, 'a');
  EXPECT_EQ(problems("name=\"x\"\n[[stage]]\nuses=\"e\"\nname=\"" + longest + "\"\n"), "");
  EXPECT_NE(problems("name=\"x\"\n[[stage]]\nuses=\"e\"\nname=\"" + longest + "a\"\n"), "");
}

TEST(PipelineProblems, ACaretStandsUnderTheExpressionInsideItsString) {
  EXPECT_EQ(problems(kStage + "\twith = { run = [\"\xC3\xA9\", \"${X} ${{ input.n }}\"] }\n"),
            "error: an expression cannot refer to `input.n`\n"
            " --> ship.toml:5:34\n"
            " 5 | \twith = { run = [\"\xC3\xA9\", \"${X} ${{ input.n }}\"] }\n"
            "   | \t                               ^^^^^^^ did you mean `inputs`?\n");
}

TEST(PipelineProblems, AnExpressionInALongStringIsShownOnItsLine) {
  EXPECT_EQ(problems(kStage + "[stage.with.env]\nA = \"\"\"\none\n\ttwo ${{ }}\n\"\"\"\n"),
            "error: an expression is empty\n"
            " --> ship.toml:8:10\n"
            " 8 | \ttwo ${{ }}\n"
            "   | \t        ^ write a reference such as ${{ inputs.NAME }} or "
            "${{ stages.NAME.outputs.NAME }}\n");
}

TEST(PipelineProblems, AStageWrittenAsATableIsExplained) {
  EXPECT_EQ(problems("name = \"x\"\n[stage]\nname = \"a\"\n"),
            "error: `stage` in the pipeline must be an array of tables; this is a table\n"
            " --> ship.toml:2:2\n"
            " 2 | [stage]\n"
            "   |  ^^^^^ write [[stage]]\n");
}

TEST(PipelineProblems, APipelineNeedsAStage) {
  EXPECT_EQ(problems("name = \"x\"\nstage = []\n"),
            "error: the pipeline has no stage\n"
            " --> ship.toml:2:9\n"
            " 2 | stage = []\n"
            "   |         ^^ write [[stage]]\n");
}

TEST(PipelineProblems, NamesThatEndUpInFilesAreShortAndVisible) {
  const std::string rest = kStage.substr(kStage.find('\n'));
  for (const std::string& name : {std::string(), std::string("a\\u001bb"), std::string(65, 'a')}) {
    EXPECT_NE(problems("name = \"" + name + "\"" + rest).find("1 to 64 visible"),
              std::string::npos);
    EXPECT_NE(problems("environment = \"" + name + "\"\n" + kStage).find("1 to 64 visible"),
              std::string::npos);
  }
}

TEST(PipelineProblems, TheSameNeedTwiceIsReported) {
  EXPECT_NE(problems(kStage + "needs = [\"b\", \"b\"]\n").find("`b` is needed twice"),
            std::string::npos);
}

TEST(PipelineProblems, AllAreFoundAtOnce) {
  const std::string text = problems(
      "nam = 1\n[inputs.n]\ntype = \"int\"\nrequird = 1\n[[stage]]\nname = 1\nwith = 3\n"
      "timeout = \"x\"\n[[stage]]\nneeds = 1\nacknowledge_irreversible = 1\n");
  std::size_t count = 0;
  for (std::size_t at = text.find("error:"); at != std::string::npos; ++count) {
    at = text.find("error:", at + 1);
  }
  EXPECT_EQ(count, 11u) << text;
}

}  // namespace
}  // namespace stagerun
