#include "core/broker/output.h"

#include <vector>

#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

using Texts = std::vector<std::string>;

// Fed in pieces of `step` bytes.
Texts split(const std::string& bytes, std::size_t step) {
  Texts texts;
  Lines lines([&](const std::string& line) { texts.push_back(line); });
  for (std::size_t i = 0; i < bytes.size(); i += step) lines.add(bytes.substr(i, step));
  lines.finish();
  return texts;
}

TEST(Lines, AreTheSameHoweverTheBytesArrive) {
  const std::string bytes = "one\ntwo\r\n\r\n10%\r20%\rdone\n\nlast";
  const Texts expected = {"one", "two", "", "10%", "20%", "done", "", "last"};
  for (std::size_t step = 1; step <= bytes.size(); ++step) EXPECT_EQ(split(bytes, step), expected);
}

TEST(Lines, EndAtTheEndEvenWithoutNewline) {
  EXPECT_EQ(split("a\n", 1), Texts{"a"});
  EXPECT_EQ(split("a", 1), Texts{"a"});
  EXPECT_EQ(split("", 1), Texts{});
}

TEST(Lines, ReplaceBytesThatAreNoText) {
  EXPECT_EQ(split("a\xFFz\n\xC3\n", 1), (Texts{"a\xEF\xBF\xBDz", "\xEF\xBF\xBD"}));
}

TEST(Lines, AreCutWhereTheyAreTooLong) {
  const Texts texts = split(std::string(2 * limits::kLineBytes + 5, 'x') + "\n", 1000);
  ASSERT_EQ(texts.size(), 3u);
  EXPECT_EQ(texts[0].size(), limits::kLineBytes);
  EXPECT_EQ(texts[2], "xxxxx");
}

TEST(Lines, AreNeverCutWithinACharacter) {
  std::string bytes = "x";
  while (bytes.size() < limits::kLineBytes + 10) bytes += "\xE2\x82\xAC";
  const Texts texts = split(bytes, 4096);
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_TRUE(texts[0].size() <= limits::kLineBytes);
  EXPECT_EQ(texts[0] + texts[1], bytes);
}

TEST(Tail, KeepsTheEnd) {
  Tail tail;
  for (int i = 0; i < 3000; ++i) tail.add("line " + std::to_string(i) + "\n");
  EXPECT_TRUE(tail.text().ends_with("line 2999\n"));
  EXPECT_EQ(tail.text().size(), limits::kTailBytes);
}

TEST(Tail, IsTextAndSmallWhateverCame) {
  Tail tail;
  tail.add(std::string(100'000, '\xFF'));
  EXPECT_TRUE(is_utf8(tail.text()));
  EXPECT_LE(tail.text().size(), limits::kTailBytes);
  Tail euro;
  std::string bytes;
  while (bytes.size() < 10'000) bytes += "\xE2\x82\xAC";
  euro.add(bytes);
  EXPECT_TRUE(euro.text().starts_with("\xE2\x82\xAC"));
}

}  // namespace
}  // namespace stagerun
