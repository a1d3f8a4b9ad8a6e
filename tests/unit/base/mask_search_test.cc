#include "core/base/mask_search.h"

#include <list>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/random.h"

namespace stagerun {
namespace {

using support::Random;

std::vector<Stretch> one_by_one(const std::list<std::string>& patterns, std::string_view text) {
  std::vector<Stretch> merged;
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::size_t longest = 0;
    for (const std::string& pattern : patterns) {
      if (text.substr(at, pattern.size()) == pattern) longest = std::max(longest, pattern.size());
    }
    if (longest == 0) continue;
    if (!merged.empty() && at <= merged.back().end) {
      merged.back().end = std::max(merged.back().end, at + longest);
    } else {
      merged.push_back({at, at + longest});
    }
  }
  return merged;
}

std::string some(Random& random, std::size_t letters, std::size_t least, std::size_t most) {
  std::string out(least + random.below(most - least + 1), '\0');
  for (char& c : out) c = static_cast<char>('a' + random.below(letters));
  return out;
}

// While patterns are added, short and long in any order, all of them are found all the time.
void expect_all_found(std::uint32_t seed, std::size_t letters, std::size_t least,
                      std::size_t most) {
  Random random(seed);
  for (int round = 0; round < 60; ++round) {
    MaskSearch search;
    std::list<std::string> patterns;
    for (int i = 0; i < 40; ++i) {
      std::string pattern = some(random, letters, least, most);
      if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end()) {
        search.add(patterns.emplace_back(std::move(pattern)));
      }
      const std::string text = some(random, letters, 0, 100) + patterns.back() +
                               some(random, letters, 0, 100) + patterns.front();
      ASSERT_EQ(search.find(text), one_by_one(patterns, text)) << "seed " << seed << ": " << text;
    }
  }
}

TEST(MaskSearch, ShortPatternsAreFound) { expect_all_found(1, 3, 2, 7); }
TEST(MaskSearch, LongPatternsAreFound) { expect_all_found(2, 2, 8, 40); }
TEST(MaskSearch, PatternsOfAllLengthsAreFoundTogether) { expect_all_found(3, 2, 2, 60); }
TEST(MaskSearch, PatternsOfManyLettersAreFound) { expect_all_found(4, 26, 2, 20); }

TEST(MaskSearch, TextShorterThanEveryPatternHoldsNothing) {
  MaskSearch search;
  EXPECT_TRUE(search.find("anything").empty());
  search.add("long enough for a window");
  for (const char* text : {"", "l", "lo", "lon", "long enough"}) {
    EXPECT_TRUE(search.find(text).empty());
  }
}

TEST(MaskSearch, AWindowThatShrinksForgetsNothing) {
  MaskSearch search;
  std::list<std::string> patterns;
  for (std::size_t length = 40; length >= 2; --length) {
    search.add(patterns.emplace_back(length, static_cast<char>('A' + length)));
  }
  for (const std::string& pattern : patterns) {
    EXPECT_EQ(search.find("<" + pattern + ">"), (std::vector<Stretch>{{1, 1 + pattern.size()}}));
  }
}

}  // namespace
}  // namespace stagerun
