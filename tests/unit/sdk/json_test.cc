// The wrapper's JSON: whatever goes in, what comes out is JSON that the host reads back as the
// same.
#include "core/base/json.h"

#include <gtest/gtest.h>

#include <stagerun/json.hpp>

namespace {

TEST(JsonString, EveryByteComesBack) {
  for (int byte = 0; byte < 0x80; ++byte) {
    const std::string text{'a', static_cast<char>(byte), 'b'};
    const auto read = stagerun::parse_json(sr::json_string(text));
    ASSERT_TRUE(read.has_value()) << byte;
    EXPECT_EQ(*read->text(), text);
  }
  EXPECT_EQ(sr::json_string("\x7f\x01\"\\"), R"("\u007f\u0001\"\\")");
}

TEST(JsonString, WhatIsNoUtf8IsReplaced) {
  EXPECT_EQ(sr::json_string("a\xff\xc3"), R"("a\ufffd\ufffd")");
  EXPECT_EQ(sr::json_string("\xc0\x80"), R"("\ufffd\ufffd")");
  EXPECT_EQ(sr::json_string("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");
  EXPECT_EQ(sr::json_string("é\xf0\x9f\x9a\x80"), "\"é\xf0\x9f\x9a\x80\"");
}

TEST(Json, IsBuiltFromWhatItIsMadeOf) {
  const sr::Json json = sr::Json::object()
                            .set("text", "a")
                            .set("yes", true)
                            .set("n", -3)
                            .set("big", std::uint64_t{1} << 63)
                            .set("half", 0.5)
                            .set("none", {})
                            .set("list", sr::Json::array({"x", "y"}))
                            .set("empty", sr::Json::array());
  EXPECT_EQ(json.text(),
            R"({"text":"a","yes":true,"n":-3,"big":9223372036854775808,"half":0.5,"none":null,)"
            R"("list":["x","y"],"empty":[]})");
}

TEST(Json, MembersAreAddedToTextThatIsJsonAlready) {
  EXPECT_EQ(sr::Json::raw("{}").set("a", 1).text(), R"({"a":1})");
  EXPECT_EQ(sr::Json::raw("{ }").set("a", 1).text(), R"({ "a":1})");
  EXPECT_EQ(sr::Json::raw(R"({"b":{}})").set("a", 1).text(), R"({"b":{},"a":1})");
  EXPECT_EQ(sr::Json::raw("[[]]").push(1).text(), "[[],1]");
}

TEST(Json, NumbersThatJsonLacksAreNull) {
  EXPECT_EQ(sr::Json(std::nan("")).text(), "null");
  EXPECT_EQ(sr::Json(HUGE_VAL).text(), "null");
}

TEST(JsonElements, AreTakenApartAtTheFirstLevelOnly) {
  using List = std::vector<std::string>;
  EXPECT_EQ(sr::json_elements("[]"), List{});
  EXPECT_EQ(sr::json_elements("null"), List{});
  EXPECT_EQ(sr::json_elements(R"([1, "a,]\"", [2,3], {"b": 4}])"),
            (List{"1", R"("a,]\"")", "[2,3]", R"({"b":4})"}));
  EXPECT_EQ(sr::json_elements(R"({"a:": 1, "\\": {}})"), (List{R"("a:")", "1", R"("\\")", "{}"}));
}

TEST(JsonElements, GarbageIsSurvived) {
  for (const char* text : {"", "[", "]", "[[", "[\"", "[\"\\", "}{", "[,,]", "{:"}) {
    static_cast<void>(sr::json_elements(text));
  }
}

TEST(DurationMs, UnderstandsWhatThePipelineDoes) {
  EXPECT_EQ(sr::duration_ms("250ms"), 250);
  EXPECT_EQ(sr::duration_ms("90s"), 90'000);
  EXPECT_EQ(sr::duration_ms("1h30m"), 5'400'000);
  EXPECT_EQ(sr::duration_ms("2d"), 172'800'000);
  EXPECT_EQ(sr::duration_ms("0s"), 0);
  for (const char* text :
       {"", "5", "s", "-1s", "1 s", "1.5s", "1m1h", "1s1s", "1y", "99999999999d"}) {
    EXPECT_EQ(sr::duration_ms(text), -1) << text;
  }
}

}  // namespace
