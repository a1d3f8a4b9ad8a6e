// env: versions, placeholders and digests, without a worker.
#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/base/pattern.h"
#include "plugins/env/placeholder.h"
#include "plugins/env/scalar.h"
#include "plugins/env/version.h"
#include "plugins/shared/digest.h"
#include "tests/support/random.h"

namespace stagerun {
namespace {

std::string version_in(const char* line) {
  std::string text;
  for (const auto number : env::find_version(line).value_or(env::Version{})) {
    text += (text.empty() ? "" : ".") + std::to_string(number);
  }
  return text;
}

TEST(EnvVersion, IsFoundInWhatToolsPrint) {
  EXPECT_EQ(version_in("psql (PostgreSQL) 15.6 (Debian 15.6-0+deb12u1)"), "15.6");
  EXPECT_EQ(version_in("Python 3.11.2"), "3.11.2");
  EXPECT_EQ(version_in("v20.1.0"), "20.1.0");
  EXPECT_EQ(version_in("go version go1.22.1 linux/amd64"), "1.22.1");
  EXPECT_EQ(version_in("bzip2, a file compressor.  Version 1.0.8"), "1.0.8");
  EXPECT_EQ(version_in("less 590 (GNU regular expressions)"), "590");
  EXPECT_EQ(version_in("aws-cli/2.15.0 Python/3.11"), "2.15.0");
  EXPECT_EQ(version_in("openjdk 17 2021-09-14"), "17");
  EXPECT_EQ(version_in("bzip2 has none"), "");
  EXPECT_EQ(version_in("99999999999999999999.1"), "");
  EXPECT_EQ(version_in(""), "");
}

bool holds(const char* range, const char* version) {
  const auto parsed = env::Range::parse(range);
  return parsed && parsed->holds(*env::find_version(version));
}

TEST(EnvVersion, RangesHoldAsTheySay) {
  EXPECT_TRUE(holds(">=15", "15.0"));
  EXPECT_TRUE(holds(">=15", "16.1"));
  EXPECT_FALSE(holds(">=15", "14.9.9"));
  EXPECT_TRUE(holds(">=1.2, <2", "1.10"));
  EXPECT_FALSE(holds(">=1.2, <2", "2.0"));
  EXPECT_TRUE(holds("~>1.5", "1.9.3"));
  EXPECT_FALSE(holds("~>1.5", "2.0"));
  EXPECT_FALSE(holds("~>1.5", "1.4.9"));
  EXPECT_TRUE(holds("~>1.5.2", "1.5.9"));
  EXPECT_FALSE(holds("~>1.5.2", "1.6.0"));
  EXPECT_TRUE(holds("==1.2", "1.2.0"));
  EXPECT_FALSE(holds("==1.2", "1.2.1"));
  EXPECT_TRUE(holds("!=1.2", "1.2.1"));
  EXPECT_TRUE(holds("15", "15.6"));
  EXPECT_TRUE(holds("3.x", "3.11"));
  EXPECT_FALSE(holds("3.1", "3.11"));
  EXPECT_TRUE(holds("> v1", "1.0.1"));
  EXPECT_FALSE(holds("<=1", "1.0.1"));
}

TEST(EnvVersion, WhatIsNoRangeIsRefused) {
  for (const char* text : {"", ">=", "latest", ">=1,", "1..2", "=>1", "~>1", ">=1.x", "1 2"}) {
    EXPECT_FALSE(env::Range::parse(text)) << text;
  }
}

bool is_placeholder(const std::string& text) {
  for (const std::string& pattern : env::placeholder_patterns()) {
    const Pattern compiled(pattern);
    EXPECT_TRUE(compiled.is_valid()) << pattern << ": " << compiled.problem();
    if (compiled.is_found_in(text)) return true;
  }
  return false;
}

TEST(EnvPlaceholder, WhatIsStillToComeIsKnown) {
  for (const char* text : {"", " ", "changeme", "CHANGE_ME", "please-change-me", "your-api-key",
                           "Your_Token", "https://your-domain.com/x", "xxx", "sk_live_xxxx",
                           "<token>", "sk_live_...", "***", "replace this",
                           "to"
                           "do",
                           "None", "password", "${STRIPE_KEY}", "{{ key }}"}) {
    EXPECT_TRUE(is_placeholder(text)) << text;
  }
}

TEST(EnvPlaceholder, RealValuesAreLeftAlone) {
  for (const char* text : {"sk_live_4eC39HqLyjWDarjtT1zdp7dc", "production", "false",
                           "whsec_yourselfXxX0", "postgres://app:s3cr3t@db.prod.internal:5432/app",
                           "a<b>c1", "k=x9*!", "0", "tests", "https://example.org/changes"}) {
    EXPECT_EQ(is_placeholder(text), std::string(text) == "a<b>c1") << text;
  }
}

TEST(EnvDigest, IsTheHostsOwn) {
  support::Random random(7);
  for (int i = 0; i < 300; ++i) {
    const std::string bytes = random.bytes(300);
    EXPECT_EQ(shared::sha256_hex(bytes), sha256_hex(bytes));
  }
  // RFC 4231, test cases 2 and 6.
  EXPECT_EQ(shared::hmac_sha256_hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(shared::hmac_sha256_hex(std::string(131, '\xaa'),
                                    "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// What the host answers of a secret must not be wider than what we see of a text.
TEST(EnvContent, PatternsAndOurOwnEyesAgree) {
  support::Random random(11);
  const std::pair<const char*, bool env::Content::*> kQuestions[] = {
      {env::kWordPattern, &env::Content::is_word},
      {env::kNoSinglePattern, &env::Content::no_single},
      {env::kNoDoublePattern, &env::Content::no_double},
      {env::kNoExpansionPattern, &env::Content::no_expansion}};
  for (const auto& [pattern, member] : kQuestions) {
    const Pattern compiled(pattern);
    ASSERT_TRUE(compiled.is_valid()) << pattern;
    for (int byte = 0; byte < 256; ++byte) {
      const std::string text = "a" + std::string(1, static_cast<char>(byte)) + "b";
      const bool ours = env::content_of(text).*member;
      EXPECT_EQ(compiled.is_found_in(text), ours) << pattern << " " << byte;
    }
    EXPECT_TRUE(compiled.is_found_in(""));
    EXPECT_TRUE(env::content_of("é").no_single);  // ours may be wider, never the host's
    EXPECT_FALSE(Pattern(pattern).is_found_in("é"));
  }
}

TEST(EnvContent, EscapesOfAQuotedTextAreRead) {
  EXPECT_EQ(env::unquoted_text(R"(a\n\"\\\u00e9\ud83d\ude00)"), "a\n\"\\é😀");
  for (const char* bad : {"\\", "\\x", "\\u12", "\\ud83d", "\\ude00", "\\U00110000"}) {
    EXPECT_FALSE(env::unquoted_text(bad)) << bad;
  }
  for (const char* text : {"", "a b", "\"\\\n\t\x01", "é"}) {
    const std::string quoted = env::quoted_text(text);
    EXPECT_EQ(env::unquoted_text(quoted.substr(1, quoted.size() - 2)), text);
  }
}

}  // namespace
}  // namespace stagerun
