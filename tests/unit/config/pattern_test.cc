#include "core/base/pattern.h"

#include <gtest/gtest.h>

#include "core/base/limits.h"

namespace stagerun {
namespace {

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Pattern, IsFoundAnywhereUnlessItIsAnchored) {
  EXPECT_TRUE(Pattern("b+").is_found_in("abbc"));
  EXPECT_FALSE(Pattern("^b+").is_found_in("abbc"));
  EXPECT_TRUE(Pattern("^[a-z]+$").is_found_in("abc"));
  EXPECT_TRUE(Pattern("").is_found_in(""));
  EXPECT_TRUE(Pattern("a|^c").is_found_in("cb"));
}

TEST(Pattern, AnAnchorIsNotFooledByALineBreak) {
  EXPECT_FALSE(Pattern("^[a-z]+$").is_found_in("abc\n$(rm)"));
  EXPECT_FALSE(Pattern("^[a-z]+$").is_found_in("abc\n"));
  EXPECT_FALSE(Pattern("^[a-z]+$").is_found_in("$\nabc"));
}

TEST(Pattern, WhatIsNoneSaysWhy) {
  for (const char* text : {"(", "a)(b", "[z-a]", "(a)\\1", "*", "a{2,1}", "[[:foo:]]"}) {
    EXPECT_FALSE(Pattern(text).is_valid()) << text;
    EXPECT_FALSE(Pattern(text).is_found_in("a"));
  }
  EXPECT_EQ(Pattern("a{9999}{9999}").problem(), "it grows too large; use smaller counts in {}");
  EXPECT_EQ(Pattern(std::string(limits::kPatternBytes + 1, 'a')).problem(),
            "longer than 1024 bytes");
}

TEST(Pattern, TakesLittleTimeAndStackWhateverItIs) {
  const std::string text = std::string(limits::kPatternTextBytes - 1, 'a') + "b";
  EXPECT_FALSE(Pattern("(a+)+$").is_found_in(text));
  EXPECT_FALSE(Pattern("^(a|aa)*$").is_found_in(text));
  EXPECT_FALSE(Pattern("(a?){4000}c").is_found_in(text.substr(0, 50)));
  EXPECT_FALSE(Pattern(std::string(500, '(') + std::string(500, ')') + "c").is_found_in("a"));
  EXPECT_FALSE(Pattern(repeated("(a*)*", 30) + "c").is_found_in(text.substr(0, 500)));
}

TEST(Pattern, IsNotFoundInATextOverTheLimit) {
  EXPECT_TRUE(Pattern("a").is_found_in(std::string(limits::kPatternTextBytes, 'a')));
  EXPECT_FALSE(Pattern("a").is_found_in(std::string(limits::kPatternTextBytes + 1, 'a')));
}

}  // namespace
}  // namespace stagerun
