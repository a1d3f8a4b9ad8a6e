#include "core/base/mask_forms.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "core/base/mask.h"
#include "tests/support/random.h"

namespace stagerun {
namespace {

using support::Random;

std::string masked(std::string_view secret, std::string_view text) {
  Mask mask;
  mask.add(secret);
  return mask.apply(text);
}

std::string secret_of(Random& random, std::size_t least, std::size_t most) {
  std::string secret(least + random.below(most - least + 1), '\0');
  for (char& c : secret) c = static_cast<char>('!' + random.below(94));
  return secret;
}

// -- As tools print it: what Python 3.11, bash 5.2 and others were seen to print
// -------------------

struct Printed {
  const char* tool;
  std::string text;
};

const std::string kAwkward = "k\"\\/\303\251&<>'$ +~*,=\303\274\360\237\230\200!";

const Printed kPrinted[] = {
    {"json.dumps", "k\\\"\\\\/\\u00e9&<>'$ +~*,=\\u00fc\\ud83d\\ude00!"},
    {"json.dumps ensure_ascii=False", "k\\\"\\\\/\303\251&<>'$ +~*,=\303\274\360\237\230\200!"},
    {"php json_encode", "k\\\"\\\\\\/\\u00e9&<>'$ +~*,=\\u00fc\\ud83d\\ude00!"},
    {"go json.Marshal", "k\\\"\\\\/\303\251\\u0026\\u003c\\u003e'$ +~*,=\303\274\360\237\230\200!"},
    {"quote", "k%22%5C/%C3%A9%26%3C%3E%27%24%20%2B~%2A%2C%3D%C3%BC%F0%9F%98%80%21"},
    {"quote safe=\"\"", "k%22%5C%2F%C3%A9%26%3C%3E%27%24%20%2B~%2A%2C%3D%C3%BC%F0%9F%98%80%21"},
    {"quote_plus", "k%22%5C%2F%C3%A9%26%3C%3E%27%24+%2B~%2A%2C%3D%C3%BC%F0%9F%98%80%21"},
    {"lower quote", "k%22%5c%2f%c3%a9%26%3c%3e%27%24%20%2b~%2a%2c%3d%c3%bc%f0%9f%98%80%21"},
    {"encodeURIComponent", "k%22%5C%2F%C3%A9%26%3C%3E'%24%20%2B~*%2C%3D%C3%BC%F0%9F%98%80!"},
    {"encodeURI", "k%22%5C/%C3%A9&%3C%3E'$%20+~*,=%C3%BC%F0%9F%98%80!"},
    {"html.escape", "k&quot;\\/\303\251&amp;&lt;&gt;&#x27;$ +~*,=\303\274\360\237\230\200!"},
    {"html.escape quote=False", "k\"\\/\303\251&amp;&lt;&gt;'$ +~*,=\303\274\360\237\230\200!"},
    {"shlex.quote", "k\"\\/\303\251&<>'\"'\"'$ +~*,=\303\274\360\237\230\200!"},
    {"bash printf %q", "k\\\"\\\\/\303\251\\&\\<\\>\\'\\$\\ +~\\*\\,=\303\274\360\237\230\200\\!"},
    {"bash set -x", "k\"\\/\303\251&<>'\\''$ +~*,=\303\274\360\237\230\200!"},
    {"repr bytes", "k\"\\\\/\\xc3\\xa9&<>\\'$ +~*,=\\xc3\\xbc\\xf0\\x9f\\x98\\x80!"},
    {"repr", "k\"\\\\/\303\251&<>\\'$ +~*,=\303\274\360\237\230\200!"},
    {"hex", "6b225c2fc3a9263c3e2724202b7e2a2c3dc3bcf09f988021"},
    {"HEX", "6B225C2FC3A9263C3E2724202B7E2A2C3DC3BCF09F988021"},
    {"base64", "ayJcL8OpJjw+JyQgK34qLD3DvPCfmIAh"},
    {"urlsafe", "ayJcL8OpJjw-JyQgK34qLD3DvPCfmIAh"},
    {"base64 nopad", "ayJcL8OpJjw+JyQgK34qLD3DvPCfmIAh"},
    {"sql", "k\"\\/\303\251&<>''$ +~*,=\303\274\360\237\230\200!"},
    {"git", "k\\\"\\\\/\\303\\251&<>'$ +~*,=\\303\\274\\360\\237\\230\\200!"},
};

TEST(MaskForms, WhatToolsMakeOfAnAwkwardSecretIsTakenOutWhole) {
  for (const Printed& printed : kPrinted) {
    const std::string before = "value of KEY: ";
    EXPECT_EQ(masked(kAwkward, before + printed.text + " (set)"), before + "*** (set)")
        << printed.tool;
  }
}

TEST(MaskForms, ControlCharactersAreFoundHoweverTheyAreEscaped) {
  const std::string secret = "ab\x1b[1m\tcd\x7f\x01xyz";
  for (const std::string text : {
           R"(ab\u001b[1m\tcd)"
           "\x7f"
           R"(\u0001xyz)",                       // json.dumps
           R"(ab\u001B[1m\tcd\u007F\u0001xyz)",  // System.Text.Json
           R"(ab\x1b[1m\tcd\x7f\x01xyz)",        // repr
           R"(ab\033[1m\tcd\177\001xyz)",        // git
           R"(ab%1B%5B1m%09cd%7F%01xyz)",        // quote
       }) {
    EXPECT_EQ(masked(secret, "<" + text + ">"), "<***>") << text;
  }
}

TEST(MaskForms, BytesThatAreNoUtf8AreFoundAlsoWhereTheyWereReplaced) {
  const std::string secret =
      "key\xFF\xFE"
      "rest";
  EXPECT_EQ(masked(secret, "a key\xEF\xBF\xBD\xEF\xBF\xBDrest b"), "a *** b");
  EXPECT_EQ(masked(secret, R"(a key\udcff\udcferest b)"), "a *** b");
  EXPECT_EQ(masked("\xFF\xFE\xFD\xFC", "a \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD b"),
            "a \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD b");
}

TEST(MaskForms, HexOfAnySecretIsFoundInBothCases) {
  Random random(1);
  for (int round = 0; round < 50; ++round) {
    const std::string secret = secret_of(random, 4, 60);
    for (const std::string digits : {"0123456789abcdef", "0123456789ABCDEF"}) {
      std::string text;
      for (const char c : secret) {
        text += digits[static_cast<unsigned char>(c) / 16];
        text += digits[static_cast<unsigned char>(c) % 16];
      }
      EXPECT_EQ(masked(secret, "00" + text + "ff"), "00***ff");
    }
  }
}

// -- Base64, from its bits
// -------------------------------------------------------------------------

std::string bits_of(std::string_view bytes) {
  std::string bits;
  for (const char c : bytes) {
    for (int i = 7; i >= 0; --i) bits += static_cast<char>('0' + ((c >> i) & 1));
  }
  return bits;
}

std::string base64_of(std::string_view bytes, const char* last_two, bool padded) {
  const std::string alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + std::string(last_two);
  std::string bits = bits_of(bytes);
  while (bits.size() % 6 != 0) bits += '0';
  std::string text;
  for (std::size_t i = 0; i < bits.size(); i += 6) {
    text += alphabet[std::stoul(bits.substr(i, 6), nullptr, 2)];
  }
  while (padded && text.size() % 4 != 0) text += '=';
  return text;
}

// What must be left of base64 of before + secret + after: the characters that hold bits of what is
// around the secret.
std::string expected(const std::string& text, std::size_t before, std::size_t secret,
                     std::size_t after) {
  const std::size_t begin = (before * 8 + 5) / 6;
  const std::size_t end = after == 0 ? text.size() : (before + secret) * 8 / 6;
  return text.substr(0, begin) + "***" + text.substr(end);
}

TEST(MaskForms, Base64IsFoundAtEveryAlignmentToTheLastCharacterOfItsOwn) {
  Random random(2);
  for (int round = 0; round < 2'000; ++round) {
    const std::string secret = secret_of(random, 6, 50);
    // Bytes that make no partial character look like the end's.
    const std::string before(random.below(7), '\xFF');
    const std::string after(random.below(5), '\xFF');
    for (const char* last_two : {"+/", "-_"}) {
      for (const bool padded : {false, true}) {
        const std::string text = base64_of(before + secret + after, last_two, padded);
        ASSERT_EQ(masked(secret, text), expected(text, before.size(), secret.size(), after.size()))
            << secret;
      }
    }
  }
}

// `whole` in lines of so many columns. Of what is left, at most what was not the secret's alone at
// its end, and where lines are prefixed a last line that is too short to tell.
void expect_found_in_lines(const std::string& secret, const std::string& whole,
                           std::size_t columns) {
  std::string plain;
  std::string prefixed;
  for (std::size_t i = 0; i < whole.size(); i += columns) {
    plain += whole.substr(i, columns) + "\n";
    prefixed += "log: " + whole.substr(i, columns) + "\n";
  }
  const std::string rest = masked(secret, plain);
  const std::size_t end = rest.find_last_of('*');
  EXPECT_EQ(rest.substr(0, end).find_first_not_of("*\n"), rest.npos) << rest;
  EXPECT_LE(rest.size() - end, 6u) << rest;
  const std::string left = masked(secret, prefixed);
  for (std::size_t i = 0; i + columns + 4 <= whole.size(); i += columns) {
    EXPECT_TRUE(left.substr(i / columns * 9).starts_with("log: ***\n")) << left;
  }
}

TEST(MaskForms, Base64AndHexOfALongSecretAreFoundInTheLinesThatToolsMake) {
  Random random(3);
  for (int round = 0; round < 20; ++round) {
    const std::string secret = secret_of(random, 100, 300);
    const std::string base64 = base64_of(secret + "\n", "+/", true);
    expect_found_in_lines(secret, base64, 64);
    expect_found_in_lines(secret, base64, 76);
    std::string hex;
    for (const char c : secret) {
      hex += "0123456789abcdef"[static_cast<unsigned char>(c) / 16];
      hex += "0123456789abcdef"[static_cast<unsigned char>(c) % 16];
    }
    expect_found_in_lines(secret, hex, 60);
  }
}

// -- Lines and space
// -------------------------------------------------------------------------------

const std::string kPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2\n"
    "OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r\n"
    "1RTw=\n"
    "-----END PRIVATE KEY-----\n";

TEST(MaskForms, EachLineOfAKeyIsFoundByItself) {
  EXPECT_EQ(masked(kPem, "  2| OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r"),
            "  2| ***");
  EXPECT_EQ(masked(kPem, kPem),
            "-----BEGIN PRIVATE KEY-----\n***\n***\n-----END PRIVATE KEY-----\n");
}

TEST(MaskForms, AKeyInOneLineOfJsonIsFoundWhole) {
  std::string json;
  for (const char c : kPem) json += c == '\n' ? std::string("\\n") : std::string(1, c);
  EXPECT_EQ(masked(kPem, "{\"key\": \"" + json + "\"}"), "{\"key\": \"***\\n\"}");
}

TEST(MaskForms, LinesThatStandInEveryFileAreLeftAlone) {
  const std::string account = "{\n  \"private_key_id\": \"3fc2a1\",\n  \"x\": {\n  }\n}\n";
  const std::string text = "{\n}\n  }\n  \"x\": {\n-----BEGIN PRIVATE KEY-----\n========\n";
  EXPECT_EQ(masked(account, text), text);
  EXPECT_EQ(masked(kPem + "========\n", text), text);
  EXPECT_EQ(masked(account, account), "{\n  ***\n");
}

TEST(MaskForms, ASecretOfShortLinesAloneIsFoundWhole) {
  EXPECT_EQ(masked("12345\n67890\n", "codes:\n12345\n67890\nend 12345"), "codes:\n***\nend 12345");
}

TEST(MaskForms, SpaceAroundASecretIsNoPartOfIt) {
  for (const std::string secret : {"hunter22", "hunter22\n", " \thunter22\r\n", "\nhunter22"}) {
    EXPECT_EQ(masked(secret, "[hunter22]\n"), "[***]\n");
    EXPECT_EQ(masked(secret, "aHVudGVyMjIK"), "***K");  // echo hunter22 | base64
    EXPECT_EQ(masked(secret, "aHVudGVyMjI="), "***");
  }
}

// -- What no mask may do
// ---------------------------------------------------------------------------

TEST(MaskForms, WhatIsTooShortOrNothingButSpaceIsNotLookedFor) {
  for (const std::string secret : {"", "abc", "      ", "\n\n\n\n\n"}) {
    EXPECT_TRUE(mask_forms(secret).empty()) << secret;
  }
  EXPECT_EQ(masked("ab  ", "ab ab  ab"), "ab ***ab");
}

TEST(MaskForms, NoFormIsShorterThanTheLeastOrLongerThanAPiece) {
  Random random(4);
  for (int round = 0; round < 300; ++round) {
    for (const std::string& form : mask_forms(random.bytes(round % 10 == 0 ? 5'000 : 40))) {
      EXPECT_GE(form.size(), limits::kMaskedBytes);
      EXPECT_LE(form.size(), limits::kMaskPieceBytes);
    }
  }
}

TEST(MaskForms, ALongSecretIsFoundWholeAndInPieces) {
  Random random(5);
  const std::string secret = secret_of(random, 1'000, 1'000);
  EXPECT_EQ(masked(secret, "<" + secret + ">"), "<***>");
  EXPECT_EQ(masked(secret, "<" + secret.substr(0, 500) + ">").find(secret.substr(0, 200)),
            std::string::npos);
}

}  // namespace
}  // namespace stagerun
