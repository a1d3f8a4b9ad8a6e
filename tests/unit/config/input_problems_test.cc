#include <gtest/gtest.h>

#include "core/config/read_pipeline.h"

namespace stagerun {
namespace {

std::string problems(const std::string& input) {
  const Source source{
      "p.toml", "name = \"x\"\nstage = [{ name = \"a\", uses = \"e\" }]\n[inputs.n]\n" + input};
  Diagnostics diagnostics;
  read_pipeline(source, diagnostics);
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) out += render(diagnostic, source);
  return out;
}

TEST(InputProblems, AnUnknownTypeListsTheRightOnes) {
  EXPECT_EQ(problems("type = \"int\"\n"),
            "error: `type` cannot be `int` in input `n`\n"
            " --> p.toml:4:8\n"
            " 4 | type = \"int\"\n"
            "   |        ^^^^^ one of: string, integer, boolean\n");
}

TEST(InputProblems, DefaultAndChoicesMustBeOfItsType) {
  EXPECT_EQ(problems("type = \"integer\"\ndefault = \"1\"\nchoices = [1, true]\n"),
            "error: a choice of input `n` must be of type integer; this is a boolean\n"
            " --> p.toml:6:15\n"
            " 6 | choices = [1, true]\n"
            "   |               ^^^^\n"
            "error: the default of input `n` must be of type integer; this is a string\n"
            " --> p.toml:5:11\n"
            " 5 | default = \"1\"\n"
            "   |           ^^^\n");
  EXPECT_NE(problems("default = 1.5\n").find("must be a string, an integer or a boolean"),
            std::string::npos);
}

TEST(InputProblems, APatternMustCompile) {
  EXPECT_EQ(problems("pattern = '^(a'\n"),
            "error: the pattern of input `n` is not valid\n"
            " --> p.toml:4:11\n"
            " 4 | pattern = '^(a'\n"
            "   |           ^^^^^ Mismatched '(' and ')' in regular expression\n");
}

TEST(InputProblems, ADefaultMustBeOneThatCouldBeGiven) {
  EXPECT_NE(problems("default = \"c\"\nchoices = [\"a\", \"b\"]\n").find("none of its choices"),
            std::string::npos);
  EXPECT_NE(problems("default = \"c\"\npattern = \"^a\"\n").find("does not match its pattern"),
            std::string::npos);
  EXPECT_NE(problems("default = \"c\"\nrequired = true\n").find("its default is never used"),
            std::string::npos);
  EXPECT_EQ(problems("default = \"a\"\nchoices = [\"a\", \"b\"]\npattern = \"^a\"\n"), "");
}

TEST(InputProblems, APatternIsForStringsOnly) {
  EXPECT_NE(problems("type = \"integer\"\npattern = \"1\"\n").find("is for strings only"),
            std::string::npos);
}

TEST(InputProblems, ChoicesAreNotEmpty) {
  EXPECT_NE(problems("choices = []\n").find("`choices` of input `n` are empty"), std::string::npos);
}

TEST(InputProblems, AnInputIsATableWithAName) {
  EXPECT_NE(problems("[inputs]\nx = \"a\"\n"), "");
  EXPECT_EQ(problems("[inputs.\"a b\"]\n"),
            "error: `a b` cannot name an input\n"
            " --> p.toml:4:9\n"
            " 4 | [inputs.\"a b\"]\n"
            "   |         ^^^^^ a letter, then letters, digits, _ and -; at most 64 characters\n");
}

TEST(InputProblems, AnInputThatIsNoTableIsExplained) {
  const Source source{"p.toml", "name = \"x\"\ninputs.v = 1\nstage = [{name=\"a\", uses=\"e\"}]\n"};
  Diagnostics diagnostics;
  read_pipeline(source, diagnostics);
  ASSERT_EQ(diagnostics.size(), 1u);
  EXPECT_EQ(render(diagnostics[0], source),
            "error: input `v` must be a table; this is an integer\n"
            " --> p.toml:2:12\n"
            " 2 | inputs.v = 1\n"
            "   |            ^ write [inputs.v]\n");
}

}  // namespace
}  // namespace stagerun
