#include "core/base/text.h"

#include <cstdint>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/support/random.h"

namespace stagerun {
namespace {

using support::Random;
using namespace std::string_view_literals;

// RFC 4648, section 10.
TEST(Base64, VectorsOfRfc4648) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, AnyBytesComeBack) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    const std::string bytes = Random(seed).bytes(100);
    ASSERT_EQ(from_base64(to_base64(bytes)), bytes) << "seed " << seed;
  }
}

TEST(Base64, AnythingElseIsRefused) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zg==Zg==", "Zh==",
                           "Zm9=", "Zm 9v", "Zm9v\n", "Zm-_", "Zm=v", "Z\xc3\xa9==", "=Zg="}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

TEST(Utf8, WellFormedTextIsTaken) {
  for (const std::string_view text :
       {""sv, "ascii"sv, "\0"sv, "\x7f"sv, "\u0080"sv, "\u07ff"sv, "\u0800"sv, "\ud7ff"sv,
        "\ue000"sv, "\uffff"sv, "\U00010000"sv, "\U0010ffff"sv}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, OverlongSurrogateCutAndStrayBytesAreRefused) {
  for (const std::string_view text : {"\x80"sv,
                                      "\xbf"sv,
                                      "\xc0\x80"sv,
                                      "\xc1\xbf"sv,
                                      "\xe0\x80\x80"sv,
                                      "\xe0\x9f\xbf"sv,
                                      "\xf0\x80\x80\x80"sv,
                                      "\xf0\x8f\xbf\xbf"sv,
                                      "\xed\xa0\x80"sv,
                                      "\xed\xbf\xbf"sv,
                                      "\xf4\x90\x80\x80"sv,
                                      "\xf5\x80\x80\x80"sv,
                                      "\xfe"sv,
                                      "\xff"sv,
                                      "\xc3"sv,
                                      "\xe2\x82"sv,
                                      "\xf0\x9f\x98"sv,
                                      "a\xc3(b"sv,
                                      "\xe2\x28\xa1"sv,
                                      "ok\xc3"sv}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(Nearest, ASlipOfTheFingerIsUnderstood) {
  const std::vector<std::string> keys = {"needs", "name", "uses", "timeout", "on_failure"};
  EXPECT_EQ(nearest("neds", keys), "needs");
  EXPECT_EQ(nearest("nedes", keys), "needs");
  EXPECT_EQ(nearest("time_out", keys), "timeout");
  EXPECT_EQ(nearest("tiemout", keys), "timeout");
  EXPECT_EQ(nearest("on-failure", keys), "on_failure");
}

TEST(Nearest, WhatIsFarFromAllIsNotGuessed) {
  EXPECT_EQ(nearest("kubernetes", {"needs", "name"}), std::nullopt);
  EXPECT_EQ(nearest("needs", {}), std::nullopt);
  EXPECT_EQ(nearest("", {"needs", "name"}), std::nullopt);
}

TEST(Nearest, TheFirstOfTwoEquallyNearIsTaken) {
  EXPECT_EQ(nearest("bat", {"cat", "rat"}), "cat");
  EXPECT_EQ(nearest("rat", {"cat", "rat"}), "rat");
}

TEST(Suggestion, NamesTheNearestOrElseAll) {
  EXPECT_EQ(suggestion("biuld", {"build", "test"}), "did you mean `build`?");
  EXPECT_EQ(suggestion("deployment", {"build", "test"}), "one of: build, test");
  EXPECT_EQ(suggestion("deployment", {}), "");
}

TEST(Duration, UnitsAddUpFromLargeToSmall) {
  const std::pair<const char*, std::int64_t> durations[] = {
      {"0s", 0},
      {"250ms", 250},
      {"90s", 90'000},
      {"10m", 600'000},
      {"1h30m", 5'400'000},
      {"2d", 172'800'000},
      {"007s", 7'000},
      {"1d2h3m4s5ms", 93'784'005},
      {"9223372036854775807ms", INT64_MAX},
  };
  for (const auto& [text, expected] : durations) {
    EXPECT_EQ(parse_duration_ms(text), expected) << text;
  }
}

TEST(Duration, NothingElseIsADuration) {
  for (const std::string_view text : {""sv,
                                      "5"sv,
                                      "s"sv,
                                      "ms"sv,
                                      "-5s"sv,
                                      "+5s"sv,
                                      " 5s"sv,
                                      "5s "sv,
                                      "5 s"sv,
                                      "1.5h"sv,
                                      "1e3s"sv,
                                      "5S"sv,
                                      "5w"sv,
                                      "5sec"sv,
                                      "1m1h"sv,
                                      "1s1s"sv,
                                      "1h30"sv,
                                      "0x10s"sv,
                                      "5s\0"sv,
                                      "1h-30m"sv,
                                      "9223372036854775808ms"sv,
                                      "9223372036854775807s"sv,
                                      "106751991168d"sv,
                                      "106751991167d9223372036854775807ms"sv}) {
    EXPECT_EQ(parse_duration_ms(text), std::nullopt) << text;
  }
}

TEST(Duration, IsDescribedInTheUnitsAPersonWouldUse) {
  EXPECT_EQ(describe_duration(0), "0 ms");
  EXPECT_EQ(describe_duration(999), "999 ms");
  EXPECT_EQ(describe_duration(1'250), "1.2 s");
  EXPECT_EQ(describe_duration(59'999), "59.9 s");
  EXPECT_EQ(describe_duration(250'000), "4 min 10 s");
  EXPECT_EQ(describe_duration(3'600'000), "1 h 0 min");
  EXPECT_EQ(describe_duration(93'600'000), "26 h 0 min");
}

TEST(Printable, OrdinaryTextStaysAsItIs) {
  EXPECT_EQ(printable("plain\tcaf\u00e9 \u20ac \U0001F600"), "plain\tcaf\u00e9 \u20ac \U0001F600");
}

TEST(Printable, NothingCanMoveTheCursorOrColourTheScreen) {
  EXPECT_EQ(printable("\x1b[2J\r\n\x07"), "\\x1b[2J\\x0d\\x0a\\x07");
  EXPECT_EQ(printable("\x7f"), "\\x7f");
  EXPECT_EQ(printable("\0"sv), "\\x00");
  // The same escape as one C1 character, as UTF-8 and as a bare byte.
  EXPECT_EQ(printable("\xc2\x9b\x32J"), "\\xc2\\x9b2J");
  EXPECT_EQ(printable("\x9b\x32J"), "\\x9b2J");
  EXPECT_EQ(printable("\xc2\xa0"), "\u00a0");
}

TEST(Printable, AnyBytesBecomeUtf8WithoutControls) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    const std::string text = printable(Random(seed).bytes(64));
    ASSERT_TRUE(is_utf8(text)) << "seed " << seed;
    for (const char c : text) ASSERT_TRUE(c == '\t' || c < 0 || c >= 0x20) << "seed " << seed;
    ASSERT_EQ(printable(text), text) << "seed " << seed;
  }
}

TEST(UtcTime, IsRfc3339WithoutFractions) {
  EXPECT_EQ(utc_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_time(1'790'763'300'999), "2026-09-30T10:15:00Z");
  EXPECT_EQ(utc_time(951'782'400'000), "2000-02-29T00:00:00Z");
}

}  // namespace
}  // namespace stagerun
