#include "core/broker/dotenv.h"

#include <gtest/gtest.h>

namespace stagerun {
namespace {

// The value, "(none)" or the error.
std::string find(const std::string& text, const std::string& name = "A") {
  const auto found = find_in_dotenv(text, name);
  return found ? found->value_or("(none)") : found.error().text;
}

TEST(Dotenv, PlainSettings) {
  EXPECT_EQ(find("A=1"), "1");
  EXPECT_EQ(find("B=2\nA=1\n"), "1");
  EXPECT_EQ(find("A=1\r\nB=2\r\n", "B"), "2");
  EXPECT_EQ(find("  A  =  one two \t\n"), "one two");
  EXPECT_EQ(find("export A=1"), "1");
  EXPECT_EQ(find("\texport\tA = 1"), "1");
  EXPECT_EQ(find("exported=1", "exported"), "1");
  EXPECT_EQ(find("\xEF\xBB\xBF"
                 "A=1"),
            "1");
  EXPECT_EQ(find("A.b-c=1", "A.b-c"), "1");
  EXPECT_EQ(find("A=a=b=c"), "a=b=c");
}

TEST(Dotenv, WhatIsNotThere) {
  for (const char* text :
       {"", "\n\n", "B=1", "#A=1", "  # A=1", "A", "A\nB=1", "AA=1", "=1", "a=1"}) {
    EXPECT_EQ(find(text), "(none)") << text;
  }
  EXPECT_EQ(find("A="), "");
  EXPECT_EQ(find("A=\nB=2"), "");
  EXPECT_EQ(find("A=\r\nB=2"), "");
  EXPECT_EQ(find("A=\"\""), "");
}

TEST(Dotenv, OfSeveralTheLastCounts) { EXPECT_EQ(find("A=1\nA=2\nB=3"), "2"); }

TEST(Dotenv, CommentsBeginAfterASpace) {
  EXPECT_EQ(find("A=1 # one"), "1");
  EXPECT_EQ(find("A=1#one"), "1#one");
  EXPECT_EQ(find("A=#one"), "#one");
  EXPECT_EQ(find("A= # one"), "");
  EXPECT_EQ(find("A=\"1 # one\" # two"), "1 # one");
  EXPECT_EQ(find("A=1 2\t#x"), "1 2");
}

TEST(Dotenv, SingleQuotesKeepEverything) {
  EXPECT_EQ(find(R"(A='a\n $B "c" # d')"), R"(a\n $B "c" # d)");
  EXPECT_EQ(find("A='-----BEGIN\nx\n-----END'\nB=1"), "-----BEGIN\nx\n-----END");
  EXPECT_EQ(find("A='x\nB=2\n'\nB=1", "B"), "1");
}

TEST(Dotenv, DoubleQuotesKnowEscapes) {
  EXPECT_EQ(find(R"(A="a\nb\tc\r\\\"\$d")"), "a\nb\tc\r\\\"$d");
  EXPECT_EQ(find(R"(A="\d\'")"), R"(\d\')");
  EXPECT_EQ(find("A=\"one\ntwo\""), "one\ntwo");
  EXPECT_EQ(find(R"(A="${HOME} $B")"), "${HOME} $B");
}

TEST(Dotenv, BackslashesOutsideQuotesAreThemselves) {
  EXPECT_EQ(find(R"(A=C:\new\dir)"), R"(C:\new\dir)");
  EXPECT_EQ(find(R"(A=it's)"), "it's");
}

TEST(Dotenv, QuoteThatIsNotClosedIsToldByItsLineOnly) {
  EXPECT_EQ(find("B=1\nA='secret\nC=2"), "line 2: a quote is not closed");
  EXPECT_EQ(find("A=\"secret\\\""), "line 1: a quote is not closed");
  EXPECT_EQ(find("A=\"secret\\"), "line 1: a quote is not closed");
}

}  // namespace
}  // namespace stagerun
