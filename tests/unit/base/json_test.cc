#include "core/base/json.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "tests/support/random.h"

namespace stagerun {
namespace {

using support::Random;

std::string problem_of(std::string_view text) {
  const auto parsed = parse_json(text);
  if (parsed) return "accepted: " + render_json(*parsed);
  EXPECT_EQ(parsed.error().code, ErrorCode::corrupt);
  return parsed.error().text;
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(Json, EveryTypeIsReadAsItself) {
  const auto value =
      parse_json(R"({"s":"x","i":-7,"n":1.5,"t":true,"f":false,"z":null,"a":[1],"o":{}})");
  ASSERT_TRUE(value);
  EXPECT_EQ(*value->find("s")->text(), "x");
  EXPECT_EQ(*value->find("i")->integer(), -7);
  EXPECT_EQ(*value->find("n")->number(), 1.5);
  EXPECT_TRUE(*value->find("t")->boolean());
  EXPECT_FALSE(*value->find("f")->boolean());
  EXPECT_TRUE(value->find("z")->is_null());
  EXPECT_EQ(value->find("a")->items()->size(), 1u);
  EXPECT_TRUE(value->find("o")->members()->empty());
}

TEST(Json, MembersKeepTheirOrder) {
  const auto value = parse_json(R"({ "z" : 1, "a" : [ 2 ], "m" : { "y" : 3, "b" : 4 } })");
  ASSERT_TRUE(value);
  EXPECT_EQ(render_json(*value), R"({"z":1,"a":[2],"m":{"y":3,"b":4}})");
}

TEST(Json, TheLastOfTwoMembersOfOneNameWinsInTheFirstsPlace) {
  const auto value = parse_json(R"({"a":1,"b":2,"a":{"c":3,"c":4}})");
  ASSERT_TRUE(value);
  EXPECT_EQ(render_json(*value), R"({"a":{"c":4},"b":2})");
}

TEST(Json, NestingToTheLimitIsReadAndOneMoreIsRefused) {
  EXPECT_TRUE(parse_json(nested(limits::kDepth)));
  EXPECT_EQ(problem_of(nested(limits::kDepth + 1)), "nested too deeply");
  EXPECT_EQ(problem_of(std::string(1'000'000, '[')), "nested too deeply");
}

TEST(Json, IntegersToTheEdgesOf64BitsAreExact) {
  const auto value = parse_json("[9223372036854775807,-9223372036854775808]");
  ASSERT_TRUE(value);
  EXPECT_EQ(*(*value->items())[0].integer(), INT64_MAX);
  EXPECT_EQ(*(*value->items())[1].integer(), INT64_MIN);
  EXPECT_EQ(render_json(*value), "[9223372036854775807,-9223372036854775808]");
}

TEST(Json, IntegersThatDoNotFitAreRefusedAndNeverRounded) {
  for (const char* text : {"9223372036854775808", "18446744073709551615", "18446744073709551616",
                           "-9223372036854775809", "[1,99999999999999999999999999]"}) {
    EXPECT_EQ(problem_of(text), "an integer does not fit 64 bits") << text;
  }
}

TEST(Json, FractionsAndExponentsAreNumbers) {
  for (const char* text : {"1e3", "1E3", "1000.0", "18446744073709551616.0"}) {
    const auto value = parse_json(text);
    ASSERT_TRUE(value) << text;
    EXPECT_STREQ(value->type_name(), "number") << text;
  }
}

TEST(Json, WhatIsNotJsonIsRefusedWithItsPlace) {
  for (const char* text :
       {"",      " ",       "{",      "[1,]",      "{\"a\":1,}",  "{a:1}",     "'a'",   "01",
        "+1",    ".5",      "1.",     "nul",       "NaN",         "Infinity",  "1e999", "1 2",
        "[1] x", "// c\n1", "\"\t\"", "\"\\x41\"", "\"\\ud800\"", "\"unclosed"}) {
    EXPECT_TRUE(problem_of(text).starts_with("not JSON at byte ")) << text << problem_of(text);
  }
}

TEST(Json, ANulByteDoesNotEndTheDocument) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(problem_of("{}\0garbage"sv).starts_with("not JSON at byte "));
  EXPECT_TRUE(problem_of("[1\0]"sv).starts_with("not JSON at byte "));
  EXPECT_EQ(*parse_json("\"\\u0000\"")->text(), "\0"sv);
}

TEST(Json, TextThatIsNotUtf8IsRefused) {
  for (const char* text : {"\"\xff\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"",
                           "\"\xe2\x82\"", "{\"\x80\":1}"}) {
    EXPECT_TRUE(problem_of(text).starts_with("not JSON at byte ")) << text;
  }
}

TEST(Json, RenderingReplacesBytesThatAreNotUtf8) {
  const Value value = Value::object().set("a\xff", "b\xc3(");
  EXPECT_EQ(render_json(value), "{\"a\xEF\xBF\xBD\":\"b\xEF\xBF\xBD(\"}");
}

TEST(Json, RenderingEscapesWhatWouldBreakALine) {
  EXPECT_EQ(render_json(Value("a\n\"\\\x01")), R"("a\n\"\\\u0001")");
}

TEST(Json, PrettyRenderingIndentsByTwo) {
  const Value value = Value::object().set("a", Value::array().push(1)).set("b", Value::object());
  EXPECT_EQ(render_json_pretty(value), "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
}

// A plugin may send megabytes of tiny members; the host must not stand still over them.
TEST(Json, ManyMembersAreReadAndRenderedInTimeThatGrowsWithThem) {
  std::string text = "{\"k0\":0";
  for (int i = 1; i < 200'000; ++i) text += ",\"k" + std::to_string(i) + "\":0";
  text += "}";
  const auto begin = std::chrono::steady_clock::now();
  const auto value = parse_json(text);
  ASSERT_TRUE(value);
  EXPECT_EQ(render_json(*value), text);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

std::string random_text(Random& random) {
  static constexpr const char* kPieces[] = {"a",      "\"",         "\\", "\n", "\x01", "\u00e9",
                                            "\u20ac", "\U0001F600", "/",  "~",  " ",    "\x7f"};
  std::string text;
  for (std::size_t i = random.below(6); i > 0; --i) text += kPieces[random.below(12)];
  return text;
}

Value random_value(Random& random, std::size_t depth) {
  switch (random.below(depth == 0 ? 5 : 7)) {
    case 0:
      return Value();
    case 1:
      return Value(random.chance(2));
    case 2:
      return Value(static_cast<std::int64_t>(random.below(UINT32_MAX)) * INT32_MIN);
    case 3:
      return Value(static_cast<double>(random.below(1'000'000)) / 7.0);
    case 4:
      return Value(random_text(random));
    case 5: {
      Value array = Value::array();
      for (std::size_t i = random.below(4); i > 0; --i) array.push(random_value(random, depth - 1));
      return array;
    }
    default: {
      Value object = Value::object();
      for (std::size_t i = random.below(4); i > 0; --i) {
        object.set(random_text(random), random_value(random, depth - 1));
      }
      return object;
    }
  }
}

TEST(Json, WhateverIsRenderedIsReadBackEqual) {
  for (std::uint32_t seed = 0; seed < 2'000; ++seed) {
    Random random(seed);
    const Value value = random_value(random, 5);
    const auto line = parse_json(render_json(value));
    const auto pretty = parse_json(render_json_pretty(value));
    ASSERT_TRUE(line && pretty) << "seed " << seed;
    ASSERT_EQ(*line, value) << "seed " << seed;
    ASSERT_EQ(*pretty, value) << "seed " << seed;
  }
}

TEST(Json, DamagedTextIsReadOrRefusedButNeverBreaksTheReader) {
  for (std::uint32_t seed = 0; seed < 5'000; ++seed) {
    Random random(seed);
    std::string text = render_json(random_value(random, 4));
    for (std::size_t i = random.below(4); i > 0 && !text.empty(); --i) {
      text[random.below(text.size())] = random.byte();
    }
    const auto value = parse_json(text);
    ASSERT_TRUE(!value || is_utf8(render_json(*value))) << "seed " << seed;
  }
}

}  // namespace
}  // namespace stagerun
