#include "core/base/mask.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "core/base/mask_forms.h"
#include "core/base/mask_search.h"
#include "core/base/text.h"
#include "tests/support/naive_mask.h"
#include "tests/support/random.h"

namespace stagerun {
namespace {

using support::naive_mask;
using support::Random;

// A mask, and what it must be looking for.
struct Masked {
  Mask mask;
  std::vector<std::string> forms;

  void add(const std::string& secret) {
    mask.add(secret);
    for (std::string& form : mask_forms(secret)) forms.push_back(std::move(form));
  }
};

// Of so few letters that secrets overlap, repeat and begin in vain all the time.
std::string few(Random& random, std::string_view letters, std::size_t least, std::size_t most) {
  std::string out(least + random.below(most - least + 1), '\0');
  for (char& c : out) c = letters[random.below(letters.size())];
  return out;
}

// Letters, forms whole and cut, and bytes.
std::string text_for(Random& random, const std::vector<std::string>& forms,
                     std::string_view letters) {
  std::string text;
  for (std::size_t i = random.below(12); i > 0; --i) {
    const std::string& form = forms[random.below(forms.size())];
    const std::size_t begin = random.below(form.size());
    switch (random.below(4)) {
      case 0:
        text += form;
        break;
      case 1:
        text += form.substr(begin, random.below(form.size()));
        break;
      case 2:
        text += form.substr(0, begin) + form;
        break;
      default:
        text += few(random, letters, 0, 20);
        break;
    }
  }
  return text;
}

std::string in_pieces(Random& random, const Mask& mask, std::string_view text, std::size_t most) {
  MaskStream stream(mask);
  std::string out;
  while (!text.empty()) {
    const std::size_t size = std::min(random.below(most + 1), text.size());
    out += stream.add(text.substr(0, size));
    text.remove_prefix(size);
  }
  return out + stream.finish();
}

void expect_as_naive(std::uint32_t seed, std::string_view letters, std::size_t longest) {
  Random random(seed);
  for (int round = 0; round < 120; ++round) {
    Masked masked;
    for (std::size_t i = random.below(5) + 1; i > 0; --i) {
      masked.add(few(random, letters, 4, longest));
    }
    if (masked.forms.empty()) continue;
    for (int texts = 0; texts < 10; ++texts) {
      const std::string text = text_for(random, masked.forms, letters);
      const std::string whole = masked.mask.apply(text);
      ASSERT_EQ(whole, naive_mask(masked.forms, text)) << "seed " << seed << ", round " << round;
      for (const std::size_t most : {1u, 3u, 40u}) {
        ASSERT_EQ(in_pieces(random, masked.mask, text, most), whole) << text;
      }
    }
  }
}

TEST(Mask, IsAsTheNaiveOneWhereSecretsOverlapHoweverItIsCut) {
  expect_as_naive(1, "ab", 9);
  expect_as_naive(2, "abc*", 30);
}

TEST(Mask, IsAsTheNaiveOneOverLinesAndEscapes) {
  expect_as_naive(3, "ab\"\\/ \n", 40);
  expect_as_naive(4, "abcdefgh-\r\n{}", 60);
}

TEST(Mask, IsAsTheNaiveOneWithinCharactersAndBytesThatAreNone) {
  expect_as_naive(5, "a\xC3\xA9\xE2\x82\xAC\xF0\x9F", 12);
  expect_as_naive(6, "\x80\xC3\xFF", 12);
}

TEST(Mask, IsAsTheNaiveOneForSecretsThatAreLookedForInPieces) { expect_as_naive(7, "abcd\n", 900); }

TEST(Mask, ManySecretsOfAllLengthsAreAllFound) {
  Random random(8);
  Masked masked;
  for (std::size_t i = 0; i < 300; ++i) {
    masked.add(few(random, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ", 4, 100));
  }
  std::string text;
  for (const std::string& form : masked.forms) text += form + few(random, " .\n", 1, 30);
  const std::string whole = masked.mask.apply(text);
  EXPECT_EQ(whole, naive_mask(masked.forms, text));
  EXPECT_EQ(whole.find_first_not_of(" .\n*"), whole.npos);
  EXPECT_EQ(in_pieces(random, masked.mask, text, 300), whole);
}

TEST(Mask, Utf8StaysUtf8WhateverTheSecret) {
  Random random(9);
  for (int round = 0; round < 2'000; ++round) {
    std::string text;
    for (int i = 0; i < 30; ++i) {
      const char* const some[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\n"};
      text += some[random.below(5)];
    }
    Mask mask;
    mask.add(text.substr(random.below(20), 4 + random.below(12)));
    const std::string whole = mask.apply(text);
    ASSERT_TRUE(is_utf8(whole));
    MaskStream stream(mask);
    std::string out;
    for (const char c : text) {
      const std::string some = stream.add({&c, 1});
      ASSERT_TRUE(is_utf8(some)) << "cut within a character";
      out += some;
    }
    ASSERT_EQ(out + stream.finish(), whole);
  }
}

TEST(Mask, TextWithoutSecretsIsLeftAsItIs) {
  Random random(10);
  Mask mask;
  EXPECT_EQ(mask.apply("nothing is known yet"), "nothing is known yet");
  EXPECT_TRUE(mask.is_empty());
  for (int i = 0; i < 50; ++i) mask.add("S" + few(random, "0123456789", 7, 40));
  EXPECT_FALSE(mask.is_empty());
  for (int round = 0; round < 200; ++round) {
    std::string text = random.bytes(2'000);
    std::replace(text.begin(), text.end(), 'S', 's');
    ASSERT_EQ(mask.apply(text), text);
    ASSERT_EQ(in_pieces(random, mask, text, 200), text);
  }
}

TEST(Mask, WhatTouchesIsOne) {
  Mask mask;
  mask.add("hunter22");
  mask.add("er22next");
  EXPECT_EQ(mask.apply("-hunter22-"), "-***-");
  EXPECT_EQ(mask.apply("-hunter22next-"), "-***-");
  EXPECT_EQ(mask.apply("-hunter22hunter22-"), "-***-");
  EXPECT_EQ(mask.apply("-hunter22 hunter22-"), "-*** ***-");
}

TEST(Mask, StringsAndKeysOfAValueAreMasked) {
  Mask mask;
  mask.add("hunter22");
  Value inner;
  inner.set("a hunter22 key", "hunter22").set("count", 22).set("is", true).set("none", Value());
  const Value value(Value::Array{Value("say hunter22"), inner, Value(2.5)});
  Value expected;
  expected.set("a *** key", "***").set("count", 22).set("is", true).set("none", Value());
  EXPECT_EQ(mask.apply(value), Value(Value::Array{Value("say ***"), expected, Value(2.5)}));
}

// -- Streams
// ---------------------------------------------------------------------------------------

TEST(MaskStream, ALineThatHasEndedIsGivenOutAtOnce) {
  Mask mask;
  mask.add("hunter22 and more of it");
  mask.add("-----BEGIN KEY-----\nMIGHAgEAMBMG\nByqGSM49AgEG\n-----END KEY-----\n");
  MaskStream stream(mask);
  for (const std::string line : {"plain\n", "ends with hunter22\n", "MIGHAgEAMBMG\n", "hunt\n"}) {
    EXPECT_EQ(stream.add(line), mask.apply(line));
  }
  EXPECT_EQ(stream.finish(), "");
}

TEST(MaskStream, OnlyWhatASecretMayHaveBegunInIsHeldBack) {
  Mask mask;
  mask.add("hunter22");
  MaskStream stream(mask);
  EXPECT_EQ(stream.add("say hunt"), "say ");
  EXPECT_EQ(stream.add("ing"), "hunting");
  EXPECT_EQ(stream.add(" hunter2"), " ");
  EXPECT_EQ(stream.add("2"), "***");
  EXPECT_EQ(stream.add("!"), "!");
  EXPECT_EQ(stream.add("hunter2"), "");
  EXPECT_EQ(stream.finish(), "hunter2");
}

TEST(MaskStream, NothingOfALongSecretIsGivenOutWhileItComes) {
  Random random(11);
  const std::string secret = few(random, "abcdefghijklmnopqrstuvwxyz0123456789", 2'000, 2'000);
  Mask mask;
  mask.add(secret);
  MaskStream stream(mask);
  std::string out = stream.add("<");
  for (const char c : secret) out += stream.add({&c, 1});
  EXPECT_EQ(out + stream.add(">"), "<***>");
}

TEST(MaskStream, AfterAByteThatNoSecretHoldsNothingIsHeldBack) {
  Random random(12);
  for (int round = 0; round < 20; ++round) {
    Masked masked;
    masked.add(few(random, "ab\n", 1'000, 3'000));
    MaskStream stream(masked.mask);
    std::string text;
    std::string out;
    for (int i = 0; i < 20; ++i) {
      const std::string more = text_for(random, masked.forms, "ab\nxyz") + "#";
      text += more;
      out += stream.add(more);
      ASSERT_EQ(out, masked.mask.apply(text));
    }
  }
}

TEST(MaskStream, CanBeUsedAgainAfterItsEnd) {
  Mask mask;
  mask.add("hunter22");
  MaskStream stream(mask);
  EXPECT_EQ(stream.add("hunter22") + stream.finish(), "***");
  EXPECT_EQ(stream.add("hunter22") + stream.finish(), "***");
}

TEST(MaskStream, ASecretThatIsAddedLaterCountsForWhatComesLater) {
  Mask mask;
  MaskStream stream(mask);
  EXPECT_EQ(stream.add("hunter22\n"), "hunter22\n");
  mask.add("hunter22");
  EXPECT_EQ(stream.add("hunter22\n"), "***\n");
}

}  // namespace
}  // namespace stagerun
