#include "core/report/xml.h"

#include <gtest/gtest.h>

#include "core/report/short_text.h"

namespace stagerun {
namespace {

TEST(Xml, SignsThatMeanSomethingAreEscaped) {
  EXPECT_EQ(to_xml("<a b=\"c\"> & 'd'"), "&lt;a b=&quot;c&quot;&gt; &amp; 'd'");
}

TEST(Xml, LinesAndTabsSurviveInAttributesToo) { EXPECT_EQ(to_xml("a\n\tb"), "a&#10;&#9;b"); }

TEST(Xml, WhatItForbidsIsMadeVisible) {
  EXPECT_EQ(to_xml(std::string("\0\x1b\r\x7f", 4)), "\\x00\\x1b\\x0d\\x7f");
  EXPECT_EQ(to_xml("\xEF\xBF\xBE\xEF\xBF\xBF"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Xml, BytesThatAreNoTextAreMadeVisible) {
  EXPECT_EQ(to_xml("a\xff\xed\xa0\x80"), "a\\xff\\xed\\xa0\\x80");
  EXPECT_EQ(to_xml("\xC3"), "\\xc3");
  EXPECT_EQ(to_xml("\xC3\xA9"), "\xC3\xA9");
}

TEST(ShortText, IsCutBetweenTwoCharacters) {
  EXPECT_EQ(short_text("abc", 3), "abc");
  EXPECT_EQ(short_text("abcd", 3), "abc ...");
  EXPECT_EQ(short_text("ab\xC3\xA9", 3), "ab ...");
  EXPECT_EQ(short_text("\x80\x80\x80", 2), " ...");
}

}  // namespace
}  // namespace stagerun
