#include "core/base/diagnostic.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "core/base/limits.h"

namespace stagerun {
namespace {

const Source kShip{"ship.toml", "name = \"ship\"\n\nneds = [\"test\"]\n"};

TEST(Diagnostic, ShowsTheLineACaretAndTheHint) {
  const Diagnostic diagnostic{
      "a.b", {3, 1, 4}, "unknown key `neds` in a stage", "did you mean `needs`?"};
  EXPECT_EQ(render(diagnostic, kShip),
            "error: unknown key `neds` in a stage\n"
            " --> ship.toml:3:1\n"
            " 3 | neds = [\"test\"]\n"
            "   | ^^^^ did you mean `needs`?\n");
}

TEST(Diagnostic, WithoutAHintTheCaretsEndTheLine) {
  EXPECT_EQ(render(Diagnostic{"a.b", {3, 8, 8}, "not an array", ""}, kShip),
            "error: not an array\n"
            " --> ship.toml:3:8\n"
            " 3 | neds = [\"test\"]\n"
            "   |        ^^^^^^^^\n");
}

TEST(Diagnostic, OfTheWholeFileShowsNoLine) {
  EXPECT_EQ(render(Diagnostic{"a.b", {}, "no stages", "add a [[stage]]"}, kShip),
            "error: no stages\n"
            " --> ship.toml\n"
            "  = add a [[stage]]\n");
  EXPECT_EQ(render(Diagnostic{"a.b", {}, "no stages", ""}, kShip),
            "error: no stages\n --> ship.toml\n");
}

TEST(Diagnostic, TabsAreKeptSoThatTheCaretStandsUnderItsWord) {
  const Source source{"t.toml", "\t\tx\t= 1"};
  EXPECT_EQ(render(Diagnostic{"a.b", {1, 3, 1}, "unknown key `x`", ""}, source),
            "error: unknown key `x`\n"
            " --> t.toml:1:3\n"
            " 1 | \t\tx\t= 1\n"
            "   | \t\t^\n");
}

// Columns and lengths count bytes; a caret is as wide as a character.
TEST(Diagnostic, CaretsCountCharactersAndNotTheirBytes) {
  const Source source{"t.toml", "é = \"café\" # x"};
  EXPECT_EQ(render(Diagnostic{"a.b", {1, 6, 7}, "no such place", ""}, source),
            "error: no such place\n"
            " --> t.toml:1:6\n"
            " 1 | é = \"café\" # x\n"
            "   |     ^^^^^^\n");
}

TEST(Diagnostic, ASpanPastTheEndOfItsLineStillHasACaret) {
  EXPECT_EQ(
      render(Diagnostic{"a.b", {1, 14, 5}, "unclosed", ""}, Source{"t.toml", "name = \"ship\"\nx"}),
      "error: unclosed\n"
      " --> t.toml:1:14\n"
      " 1 | name = \"ship\"\n"
      "   |              ^\n");
  EXPECT_EQ(render(Diagnostic{"a.b", {1, 900, 5}, "far away", ""}, Source{"t.toml", "ab"}),
            "error: far away\n"
            " --> t.toml:1:900\n"
            " 1 | ab\n"
            "   |   ^\n");
}

TEST(Diagnostic, CaretsStopWhereTheLineDoes) {
  EXPECT_EQ(render(Diagnostic{"a.b", {1, 2, 400}, "too long", ""}, Source{"t.toml", "abc\ndef"}),
            "error: too long\n"
            " --> t.toml:1:2\n"
            " 1 | abc\n"
            "   |  ^^\n");
}

TEST(Diagnostic, ALinePastTheEndOfTheFileIsEmpty) {
  EXPECT_EQ(
      render(Diagnostic{"a.b", {12, 1, 1}, "the end is missing", ""}, Source{"t.toml", "a\n"}),
      "error: the end is missing\n"
      " --> t.toml:12:1\n"
      " 12 | \n"
      "    | ^\n");
}

TEST(Diagnostic, NoSpanMakesTheRendererFall) {
  const Source source{"t.toml", "a\tb\n\nccc"};
  for (std::uint32_t line : {0u, 1u, 2u, 3u, 4u, 9u}) {
    for (std::uint32_t column : {0u, 1u, 2u, 5u, UINT32_MAX}) {
      for (std::uint32_t length : {0u, 1u, 3u, UINT32_MAX}) {
        const std::string text = render(Diagnostic{"a.b", {line, column, length}, "x", ""}, source);
        EXPECT_LT(text.size(), 100u) << line << " " << column << " " << length;
      }
    }
  }
}

TEST(Diagnostics, ComeInTheOrderOfTheFileAndAreCounted) {
  EXPECT_EQ(
      render(Diagnostics{{"a.b", {3, 1, 4}, "second", ""}, {"a.b", {1, 1, 4}, "first", ""}}, kShip),
      "error: first\n"
      " --> ship.toml:1:1\n"
      " 1 | name = \"ship\"\n"
      "   | ^^^^\n"
      "\n"
      "error: second\n"
      " --> ship.toml:3:1\n"
      " 3 | neds = [\"test\"]\n"
      "   | ^^^^\n"
      "\n"
      "2 problems in ship.toml\n");
}

TEST(Diagnostics, OfOnePlaceKeepTheOrderInWhichTheyWereFound) {
  const std::string text = render(
      Diagnostics{{"a.b", {1, 1, 1}, "found first", ""}, {"a.b", {1, 1, 1}, "found second", ""}},
      kShip);
  EXPECT_LT(text.find("found first"), text.find("found second"));
}

TEST(Diagnostics, OneProblemIsOneProblem) {
  EXPECT_TRUE(
      render(Diagnostics{{"a.b", {}, "x", ""}}, kShip).ends_with("\n1 problem in ship.toml\n"));
}

TEST(Diagnostic, OfALongLineShowsWhatIsAroundThePlace) {
  const Source source{"p.toml", std::string(100'000, 'a') + "HERE" + std::string(100'000, 'b')};
  const std::string text = render(Diagnostic{"a.b", {1, 100'001, 4}, "x", ""}, source);
  EXPECT_LT(text.size(), 3 * limits::kExcerptBytes);
  EXPECT_NE(text.find("aHEREb"), std::string::npos);
  EXPECT_NE(text.find(" ^^^^\n"), std::string::npos);
}

TEST(Diagnostic, CannotMoveTheTerminalsCursor) {
  const Source source{"p.toml", "a = \"\x1b[2J\""};
  const std::string text = render(Diagnostic{"a.b", {1, 1, 1}, "bad \x1b[2J", "\x1b"}, source);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Diagnostics, AfterTheLimitTheRestIsOnlyCounted) {
  const Diagnostics many(limits::kDiagnostics + 5, Diagnostic{"a.b", {1, 1, 1}, "again", ""});
  const std::string text = render(many, kShip);
  std::size_t shown = 0;
  for (std::size_t at = 0; (at = text.find("error: again", at)) != std::string::npos; ++at) ++shown;
  EXPECT_EQ(shown, limits::kDiagnostics);
  EXPECT_TRUE(text.ends_with("\n105 problems in ship.toml; the first 100 are shown\n")) << text;
}

}  // namespace
}  // namespace stagerun
