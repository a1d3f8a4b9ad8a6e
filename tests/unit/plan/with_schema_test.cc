#include "core/plan/with_schema.h"

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/limits.h"

namespace stagerun {
namespace {

constexpr const char* kWhole = R"("^\\$\\{\\{[\\s\\S]*\\}\\}$")";

Value json(const std::string& text) {
  const auto value = parse_json(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value ? *value : Value();
}

// What becomes of a key's schema, and of the same where environments may complete it.
std::string admitted(const std::string& schema) {
  const Value with = with_schema(json(R"({"properties":{"v":)" + schema + "}}"));
  return render_json(*with.at("/properties/v"));
}

std::string part(const std::string& schema) { return render_json(part_schema(json(schema))); }

std::string expression(const char* pattern) {
  return std::string(R"({"type":"string","pattern":)") + pattern +
         R"(,"description":"an expression: ${{ ... }}"})";
}

const std::string kText = expression(R"("\\$\\{\\{[\\s\\S]*\\}\\}")");

std::size_t depth_of(const Value& value) {
  std::size_t deepest = 0;
  if (const auto* items = value.items()) {
    for (const Value& item : *items) deepest = std::max(deepest, depth_of(item));
  }
  if (const auto* members = value.members()) {
    for (const auto& [name, member] : *members) deepest = std::max(deepest, depth_of(member));
  }
  return deepest + 1;
}

TEST(WithSchema, APlaceOfAnotherTypeMayBeAnExpressionAndNoOtherText) {
  for (const std::string type : {"integer", "number", "boolean", "object"}) {
    EXPECT_EQ(admitted(R"({"type":")" + type + "\"}"),
              R"({"type":[")" + type + R"(","string"],"pattern":)" + kWhole + "}");
  }
  EXPECT_EQ(
      admitted(R"({"type":["integer","null"],"minimum":1})"),
      R"({"type":["integer","null","string"],"minimum":1,"pattern":)" + std::string(kWhole) + "}");
}

TEST(WithSchema, APlaceOfAnyTextStaysAsItIs) {
  for (const char* schema : {R"({"type":"string"})", R"({"type":"string","minLength":1})", "{}",
                             "true", "false", R"({"type":["string","array"]})"}) {
    EXPECT_EQ(admitted(schema), schema);
  }
}

TEST(WithSchema, AFormedTextMayHoldAnExpression) {
  for (const std::string schema :
       {R"({"type":"string","pattern":"^a"})", R"({"enum":["a","b"]})", R"({"const":"a"})",
        R"({"type":"string","minLength":6})", R"({"type":"string","maxLength":2})"}) {
    EXPECT_EQ(admitted(schema), R"({"anyOf":[)" + schema + "," + kText + "]}");
  }
}

TEST(WithSchema, ItsNotesStandWhereEditorsLook) {
  EXPECT_EQ(admitted(R"({"description":"how","enum":[1]})"),
            R"({"description":"how","anyOf":[{"description":"how","enum":[1]},)" + kText + "]}");
}

TEST(WithSchema, ItemsAndMembersMayBeExpressionsToo) {
  EXPECT_EQ(admitted(R"({"type":["string","array"],"items":{"type":"integer"}})"),
            R"({"type":["string","array"],"items":{"type":["integer","string"],"pattern":)" +
                std::string(kWhole) + "}}");
  EXPECT_EQ(admitted(R"({"additionalProperties":{"type":"boolean"}})"),
            R"({"additionalProperties":{"type":["boolean","string"],"pattern":)" +
                std::string(kWhole) + "}}");
}

TEST(WithSchema, FormsGetOneMore) {
  EXPECT_EQ(admitted(R"({"anyOf":[{"type":"integer"},{"type":"array"}]})"),
            R"({"anyOf":[{"type":"integer"},{"type":"array"},)" + kText + "]}");
}

TEST(WithSchema, WithItselfIsATableAndNoExpression) {
  EXPECT_EQ(render_json(with_schema(Value())), R"({"type":"object"})");
  EXPECT_EQ(render_json(with_schema(json("{}"))), R"({"type":"object"})");
  EXPECT_EQ(render_json(with_schema(json(R"({"type":"object","required":["a"]})"))),
            R"({"type":"object","required":["a"]})");
}

TEST(WithSchema, WhatIsAskedOfSeveralPlacesIsAskedWhereNoExpressionStands) {
  EXPECT_EQ(render_json(with_schema(json(R"({"not":{"required":["a"]}})"))),
            R"({"if":{"$ref":"#/definitions/fixed"},"then":{"not":{"required":["a"]}},)"
            R"("type":"object"})");
  EXPECT_EQ(render_json(with_schema(
                json(R"({"oneOf":[{"required":["a"]},{"properties":{"b":{"type":"integer"}}}]})"))),
            R"({"if":{"$ref":"#/definitions/fixed"},)"
            R"("then":{"oneOf":[{"required":["a"]},{"properties":{"b":{"type":"integer"}}}]},)"
            R"("else":{"anyOf":[{"required":["a"]},{"properties":{"b":)"
            R"({"type":["integer","string"],"pattern":)" +
                std::string(kWhole) + R"(}}}]},"type":"object"})");
}

TEST(WithSchema, APartNeedsNothingButIsNoFreerOtherwise) {
  EXPECT_EQ(part(R"({"type":"object","required":["a"],"additionalProperties":false,
                     "minProperties":1,"not":{},"properties":{"a":{"type":"string"},
                     "b":{"type":"array","items":{"required":["c"]}}}})"),
            R"({"type":"object","additionalProperties":false,"properties":{"a":{"type":"string"},)"
            R"("b":{"type":["array","string"],"items":{"required":["c"]},"pattern":)" +
                std::string(kWhole) + "}}}");
  EXPECT_EQ(part(R"({"oneOf":[{"required":["a"]},{"required":["b"]}]})"),
            R"({"anyOf":[{},{}],"type":"object"})");
}

TEST(WithSchema, NothingIsNestedDeeperThanAValueMayBe) {
  for (const char* level : {R"({"properties":{"a":)", R"({"anyOf":[)", R"({"not":)",
                            R"({"type":"array","items":)", R"({"oneOf":[)"}) {
    const std::string open = level;
    const std::string close = open.ends_with('[') ? "]}" : open.ends_with("\"a\":") ? "}}" : "}";
    std::string deep = R"({"type":"integer"})";
    while (parse_json(open + deep + close)) deep = open + deep + close;
    for (const Value& result : {with_schema(json(deep)), part_schema(json(deep))}) {
      EXPECT_LE(depth_of(result), limits::kDepth - 2) << level;
    }
  }
}

TEST(WithSchema, AnEmptyWithIsNeededWhereTheSchemaRefusesIt) {
  EXPECT_TRUE(needs_with(json(R"({"required":["a"]})")));
  EXPECT_TRUE(needs_with(json(R"({"anyOf":[{"required":["a"]},{"required":["b"]}]})")));
  EXPECT_FALSE(needs_with(json(R"({"properties":{"a":{"type":"string"}}})")));
  EXPECT_FALSE(needs_with(Value()));
}

}  // namespace
}  // namespace stagerun
