#include "core/base/value.h"

#include <string>

#include <gtest/gtest.h>

#include "core/base/json.h"

namespace stagerun {
namespace {

Value parsed(const char* text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value) << text;
  return value ? *std::move(value) : Value();
}

TEST(Value, TypeNamesAreThoseOfJsonSchema) {
  EXPECT_STREQ(Value().type_name(), "null");
  EXPECT_STREQ(Value(true).type_name(), "boolean");
  EXPECT_STREQ(Value(1).type_name(), "integer");
  EXPECT_STREQ(Value(1.0).type_name(), "number");
  EXPECT_STREQ(Value("").type_name(), "string");
  EXPECT_STREQ(Value::array().type_name(), "array");
  EXPECT_STREQ(Value::object().type_name(), "object");
}

TEST(Value, AnIntegerIsNotTheNumberOfTheSameSize) {
  EXPECT_NE(Value(1), Value(1.0));
  EXPECT_EQ(Value(1).number(), nullptr);
  EXPECT_EQ(Value(1.0).integer(), nullptr);
}

TEST(Value, OrderOfMembersIsPartOfTheValue) {
  EXPECT_NE(parsed(R"({"a":1,"b":2})"), parsed(R"({"b":2,"a":1})"));
}

// The document and the pointers of RFC 6901, section 5.
TEST(Value, PointersFindWhatRfc6901SaysTheyFind) {
  const Value document = parsed(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,)"
                                R"("i\\j":5,"k\"l":6," ":7,"m~n":8})");
  EXPECT_EQ(*document.at(""), document);
  EXPECT_EQ(*document.at("/foo"), parsed(R"(["bar","baz"])"));
  EXPECT_EQ(*document.at("/foo/0"), Value("bar"));
  EXPECT_EQ(*document.at("/"), Value(0));
  EXPECT_EQ(*document.at("/a~1b"), Value(1));
  EXPECT_EQ(*document.at("/c%d"), Value(2));
  EXPECT_EQ(*document.at("/e^f"), Value(3));
  EXPECT_EQ(*document.at("/g|h"), Value(4));
  EXPECT_EQ(*document.at("/i\\j"), Value(5));
  EXPECT_EQ(*document.at("/k\"l"), Value(6));
  EXPECT_EQ(*document.at("/ "), Value(7));
  EXPECT_EQ(*document.at("/m~0n"), Value(8));
}

TEST(Value, TildeIsUnescapedOnce) {
  const Value document = parsed(R"({"~1":"tilde one","/":"slash"})");
  EXPECT_EQ(*document.at("/~01"), Value("tilde one"));
  EXPECT_EQ(*document.at("/~1"), Value("slash"));
}

TEST(Value, PointersToNothingFindNothing) {
  const Value document = parsed(R"({"a":[1,2],"b":"x"})");
  for (const char* pointer :
       {"a", "/c", "/a/2", "/a/-", "/a/x", "/a/", "/a/-1", "/a/+1", "/a/01", "/a/00", "/a/0x",
        "/a/ 0", "/a/18446744073709551616", "/b/0", "/a/0/0", "//", "/b/"}) {
    EXPECT_EQ(document.at(pointer), nullptr) << pointer;
  }
}

TEST(Value, AnyKeyIsFoundByItsToken) {
  for (const char* key : {"", "~", "/", "~1", "~0", "a/b~c", "~~//"}) {
    const Value value = Value::object().set("x", 0).set(key, "found");
    const Value* found = value.at("/" + pointer_token(key));
    ASSERT_NE(found, nullptr) << key;
    EXPECT_EQ(*found, Value("found")) << key;
  }
}

TEST(Value, APlaceCanBeChangedThroughItsPointer) {
  Value value = parsed(R"({"a":[{"b":1}]})");
  *value.at("/a/0/b") = "changed";
  EXPECT_EQ(render_json(value), R"({"a":[{"b":"changed"}]})");
}

TEST(Value, SetReplacesInPlaceAndAddsAtTheEnd) {
  Value value;
  value.set("a", 1).set("b", 2).set("a", 3).set("c", Value());
  EXPECT_EQ(render_json(value), R"({"a":3,"b":2,"c":null})");
}

TEST(Value, PushMakesAnArrayOfNothing) {
  Value value;
  value.push(1).push("x").push(Value::array());
  EXPECT_EQ(render_json(value), R"([1,"x",[]])");
}

TEST(Value, CopiesAreDeep) {
  const Value before = parsed(R"({"a":{"b":1}})");
  Value copy = before;
  copy.find("a")->set("b", 2);
  EXPECT_EQ(*before.at("/a/b"), Value(1));
}

TEST(Value, FallbacksStandForWhatIsAbsentOrOfAnotherType) {
  const Value value = parsed(R"({"s":"x","i":1,"b":true})");
  EXPECT_EQ(value.text_or("s"), "x");
  EXPECT_EQ(value.text_or("i", "fallback"), "fallback");
  EXPECT_EQ(value.text_or("none", "fallback"), "fallback");
  EXPECT_EQ(value.integer_or("i", 9), 1);
  EXPECT_EQ(value.integer_or("s", 9), 9);
  EXPECT_TRUE(value.boolean_or("b", false));
  EXPECT_FALSE(value.boolean_or("i", false));
  EXPECT_EQ(Value("no object").text_or("s", "fallback"), "fallback");
}

}  // namespace
}  // namespace stagerun
