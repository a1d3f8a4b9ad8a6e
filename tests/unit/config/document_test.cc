#include "core/config/document.h"

#include <gtest/gtest.h>

#include "core/base/limits.h"

namespace stagerun {
namespace {

std::string problems(const std::string& text) {
  const Source source{"p.toml", text};
  Diagnostics diagnostics;
  const auto root = parse_document(source, Lines(source.text), diagnostics);
  EXPECT_EQ(root.has_value(), diagnostics.empty());
  return diagnostics.empty() ? "" : render(diagnostics.front(), source);
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Document, KeepsTheOrderOfTheFile) {
  Diagnostics diagnostics;
  const Source source{"p.toml", "z = 1\na.c = 2\n[m]\ny = 1\nb = 2\n[a.b]\n"};
  const auto root = parse_document(source, Lines(source.text), diagnostics);
  ASSERT_TRUE(root.has_value());
  std::string keys;
  for (const Member& member : *root->members()) keys += member.key;
  for (const Member& member : *root->find("m")->value.members()) keys += member.key;
  EXPECT_EQ(keys, "zamyb");
}

TEST(Document, EverythingKnowsItsPlace) {
  Diagnostics diagnostics;
  const Source source{"p.toml", "\xC3\xA4 = 0\n"};
  EXPECT_FALSE(parse_document(source, Lines(source.text), diagnostics));
  const Source good{"p.toml",
                    "\t\"\xC3\xA4\" = \"\xC3\xB6\" # x\nlist = [\n  1,\n\t{ k = true }]\n"};
  const auto root = parse_document(good, Lines(good.text), diagnostics);
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->find("\xC3\xA4")->key_span, (Span{1, 2, 4}));
  EXPECT_EQ(root->find("\xC3\xA4")->value.span, (Span{1, 9, 4}));
  const Node& list = root->find("list")->value;
  EXPECT_EQ(list.span, (Span{2, 8, 1}));
  EXPECT_EQ((*list.items())[1].span, (Span{4, 2, 12}));
  EXPECT_EQ((*list.items())[1].find("k")->value.span, (Span{4, 8, 4}));
}

TEST(Document, DatesAndTimesAreStrings) {
  Diagnostics diagnostics;
  const Source source{"p.toml", "a = 2026-12-20\nb = 07:30:00\nc = 2026-12-20T07:30:00Z\n"};
  const auto root = parse_document(source, Lines(source.text), diagnostics);
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(*root->find("a")->value.text(), "2026-12-20");
  EXPECT_EQ(*root->find("b")->value.text(), "07:30:00");
  EXPECT_EQ(*root->find("c")->value.text(), "2026-12-20T07:30:00Z");
}

TEST(Document, ASyntaxErrorIsShownAtItsPlace) {
  EXPECT_EQ(problems("a = 1\n\tb = yes\n"),
            "error: not TOML: could not determine value type (in the value)\n"
            " --> p.toml:2:6\n"
            " 2 | \tb = yes\n"
            "   | \t    ^ text needs quotes\n");
}

TEST(Document, AKeyGivenTwiceIsAnError) {
  EXPECT_EQ(problems("a = 1\na = 2\n"),
            "error: not TOML: cannot redefine existing integer 'a' (in the key-value pair)\n"
            " --> p.toml:2:5\n"
            " 2 | a = 2\n"
            "   |     ^ it was given before\n");
}

TEST(Document, NanAndInfAreNoValues) {
  EXPECT_EQ(problems("x = [1.5, -inf]\n"),
            "error: nan and inf are no values\n"
            " --> p.toml:1:11\n"
            " 1 | x = [1.5, -inf]\n"
            "   |           ^^^^ use a finite number\n");
}

TEST(Document, TooDeepNestingIsRefusedInEveryForm) {
  const auto refused = [](const std::string& text) {
    return problems(text).find("error: nested too deeply\n") == 0;
  };
  EXPECT_TRUE(refused("a = " + repeated("[", 100'000)));
  EXPECT_TRUE(refused("a = " + repeated("{a=", 100'000)));
  EXPECT_TRUE(refused("a" + repeated(".a", 1'000'000) + " = 1\n"));
  EXPECT_TRUE(refused("a" + repeated(" . \"a.#\"", 100) + " = 1\n"));
  EXPECT_TRUE(refused("[a" + repeated(".a", 100) + "]\n"));
  EXPECT_TRUE(refused("x = " + repeated("{a.a.a=", 30) + "1" + repeated("}", 30)));
  EXPECT_TRUE(refused("x = \"\"\"a\"\"\"\"\"\na" + repeated(".a", 100) + " = 1\n"));
}

TEST(Document, DotsInsideStringsAndCommentsAreNoNesting) {
  const std::string dots = repeated(".", 500);
  EXPECT_EQ(problems("a = \"" + dots + "\\\"" + dots + "\" # " + dots + "\nb = '" + dots + "'\n"),
            "");
  EXPECT_EQ(
      problems("a = \"\"\"" + dots + "\n\\\"\"\"" + dots + "\"\"\"\"\"\nb = ''''" + dots + "'''\n"),
      "");
}

TEST(Document, HostileTextIsRefusedNotCrashedOn) {
  EXPECT_NE(problems("a = 99999999999999999999\n"), "");
  EXPECT_NE(problems("a = 1e99999\n"), "");
  EXPECT_NE(problems(std::string("a = \"\0\"\n", 8)), "");
  EXPECT_NE(problems(std::string("\0\0\0", 3)), "");
  EXPECT_NE(problems("a = \"\xFF\xFE\"\n"), "");
  EXPECT_NE(problems("\xFF\xFE"
                     "a"),
            "");
  EXPECT_NE(problems("a = \"\xE2\x82"), "");
  EXPECT_NE(problems("[[a]]\n[a]\n"), "");
  EXPECT_EQ(problems(""), "");
  EXPECT_EQ(problems("\xEF\xBB\xBF"), "");
}

TEST(Document, OneLineWithAMillionValuesIsRead) {
  EXPECT_EQ(problems("\"\xC3\xA4\" = [" + repeated("1,", 200'000) + "]\n"), "");
}

}  // namespace
}  // namespace stagerun
