#include "core/config/lines.h"

#include <string>

#include <gtest/gtest.h>

namespace stagerun {
namespace {

TEST(Lines, AColumnInCharactersBecomesOneInBytes) {
  const Lines lines("a = 1\n\xC3\xA4\xC3\xB6 = 2\n");
  const std::size_t begin = lines.offset_of(Lines::Position{2, 4});
  EXPECT_EQ(begin, 11u);
  EXPECT_EQ(lines.span(begin, begin + 1), (Span{2, 6, 1}));
}

TEST(Lines, APlaceFarIntoALongLineIsFound) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "\xE2\x82\xAC";
  const Lines lines(text);
  EXPECT_EQ(lines.offset_of(Lines::Position{1, 778}), 777u * 3);
}

TEST(Lines, ASpanEndsWithItsLine) {
  const Lines lines("x = [  \r\n 1,\n]");
  EXPECT_EQ(lines.span(4, 13), (Span{1, 5, 1}));
}

TEST(Lines, AByteOrderMarkIsNoColumnOfTheParsers) {
  const Lines lines(
      "\xEF\xBB\xBF"
      "ab = 1");
  EXPECT_EQ(lines.offset_of(Lines::Position{1, 1}), 3u);
  EXPECT_EQ(lines.span(3, 5), (Span{1, 4, 2}));
  EXPECT_EQ(lines.offset_of(Span{1, 4, 2}), 3u);
}

TEST(Lines, PlacesOutsideTheTextAreItsEnd) {
  const Lines lines("ab\n");
  EXPECT_EQ(lines.offset_of(Lines::Position{9, 1}), 3u);
  EXPECT_EQ(lines.offset_of(Lines::Position{0, 0}), 3u);
  EXPECT_EQ(lines.offset_of(Lines::Position{2, 50}), 3u);
  EXPECT_EQ(lines.span(3, 9), (Span{2, 1, 1}));
}

}  // namespace
}  // namespace stagerun
