#include "core/config/template.h"

#include <gtest/gtest.h>

namespace stagerun {
namespace {

struct Parsed {
  std::optional<Template> parts;
  Diagnostics diagnostics;
};

// `text` as a basic string that stands alone in its file.
Parsed parse(const std::string& text) {
  const std::string file = '"' + text + '"';
  Parsed parsed;
  const Span all{1, 1, static_cast<std::uint32_t>(file.size())};
  parsed.parts = parse_template(text, all, Lines(file), parsed.diagnostics);
  return parsed;
}

std::string problem(const std::string& text) {
  const Parsed parsed = parse(text);
  return parsed.diagnostics.empty() ? "" : parsed.diagnostics[0].text;
}

TEST(Template, TextWithoutAnExpressionIsNone) {
  EXPECT_FALSE(parse("echo ${HOME} $(id) {{ x }} $").parts.has_value());
}

TEST(Template, AReferenceAloneIsWhole) {
  const Parsed parsed = parse("${{ stages.build-1.outputs.image_tag }}");
  ASSERT_TRUE(parsed.parts->is_whole_expression());
  EXPECT_EQ(*parsed.parts->parts[0].expression->whole_reference(),
            (Reference{{"stages", "build-1", "outputs", "image_tag"}, {1, 6, 32}}));
}

TEST(Template, LiteralsAndReferencesAlternate) {
  const Parsed parsed = parse("a ${{inputs.b}}${{ \tinputs.c\t }} ${D}");
  ASSERT_EQ(parsed.parts->parts.size(), 4u);
  EXPECT_FALSE(parsed.parts->is_whole_expression());
  EXPECT_EQ(parsed.parts->parts[0].literal, "a ");
  EXPECT_EQ(parsed.parts->parts[1].expression->span, (Span{1, 4, 13}));
  EXPECT_EQ(parsed.parts->parts[2].expression->whole_reference()->path,
            (std::vector<std::string>{"inputs", "c"}));
  EXPECT_EQ(parsed.parts->parts[3].literal, " ${D}");
}

TEST(Template, WhatIsNoReferenceIsReported) {
  EXPECT_EQ(problem("${{"), "`${{` is not closed");
  EXPECT_EQ(problem("${{ inputs.a }"), "`${{` is not closed");
  EXPECT_EQ(problem("${{ }}"), "an expression is empty");
  EXPECT_EQ(problem("${{ inputs }}"), "`inputs` is not a reference");
  EXPECT_EQ(problem("${{ inputs.a.b }}"), "`inputs.a.b` is not a reference");
  EXPECT_EQ(problem("${{ inputs..b }}"), "`inputs..b` is not a reference");
  EXPECT_EQ(problem("${{ .inputs.a }}"), "an expression cannot refer to `.inputs.a`");
  EXPECT_EQ(problem("${{ stages.a.result }}"), "`stages.a.result` is not a reference");
  EXPECT_EQ(problem("${{ git.author }}"), "`git.author` is not a reference");
  EXPECT_EQ(problem("${{ '}}' }}"), "");
  EXPECT_EQ(problem("${{ 'a }}"), "a quote is not closed");
  EXPECT_EQ(problem("${{ \x1B[2J }}"), "`\\x1b` means nothing in an expression");
}

TEST(Template, EveryBadExpressionOfAStringIsReported) {
  EXPECT_EQ(parse("${{ a }} ${{ inputs.b }} ${{ c.d }} ${{").diagnostics.size(), 3u);
}

TEST(Template, APlaceBehindEscapesIsFound) {
  Diagnostics diagnostics;
  const std::string file = "x = \"\\t\\u00e9\\\"${{ y }}\"";
  parse_template("\t\xC3\xA9\"${{ y }}", {1, 5, 19}, Lines(file), diagnostics);
  EXPECT_EQ(diagnostics.at(0).span, (Span{1, 20, 1}));
}

TEST(Template, APlaceBehindALineThatGoesOnIsFound) {
  Diagnostics diagnostics;
  const std::string file = "x = \"\"\"a \\\n   ${{ y }}\"\"\"";
  parse_template("a ${{ y }}", {1, 5, 3}, Lines(file), diagnostics);
  EXPECT_EQ(diagnostics.at(0).span, (Span{2, 8, 1}));
}

TEST(Template, WhatTheFileDoesNotHoldIsShownAsAWhole) {
  Diagnostics diagnostics;
  parse_template("a ${{ y }}", {1, 5, 13}, Lines("x = \"something else\""), diagnostics);
  EXPECT_EQ(diagnostics.at(0).span, (Span{1, 5, 13}));
}

TEST(Template, ALaterLineOfALongStringIsFound) {
  Diagnostics diagnostics;
  const std::string file = "x = '''\r\none\n\ttwo ${{ y }}'''";
  parse_template("one\n\ttwo ${{ y }}", {1, 5, 3}, Lines(file), diagnostics);
  EXPECT_EQ(diagnostics.at(0).span, (Span{3, 10, 1}));
}

}  // namespace
}  // namespace stagerun
