#include "core/base/wire.h"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

#include "core/base/limits.h"
#include "tests/support/random.h"

namespace stagerun::wire {
namespace {

using support::Random;

Message example() {
  Message message;
  message.type = Type::start;
  message.flags = 0x8001;
  message.ticket = 0xDEADBEEF;
  message.argument = -42;
  message.fields = {"process/1", "", std::string("\0\xff", 2), std::string(1'000, 'x')};
  return message;
}

void expect_same(const Message& a, const Message& b) {
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.flags, b.flags);
  EXPECT_EQ(a.ticket, b.ticket);
  EXPECT_EQ(a.argument, b.argument);
  EXPECT_EQ(a.fields, b.fields);
}

// What a decoder makes of these bytes: how many messages, and whether it refused.
struct Outcome {
  std::size_t messages = 0;
  bool refused = false;
};

Outcome decode_all(Decoder& decoder) {
  Outcome outcome;
  for (;;) {
    Message message;
    const auto next = decoder.next(message);
    if (!next) {
      EXPECT_EQ(next.error().code, ErrorCode::plugin);
      outcome.refused = true;
      return outcome;
    }
    if (!*next) return outcome;
    ++outcome.messages;
  }
}

Outcome decode_all(std::string_view bytes) {
  Decoder decoder;
  decoder.add(bytes);
  return decode_all(decoder);
}

void put_u32(std::string& bytes, std::size_t at, std::uint32_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

TEST(Wire, AMessageComesBackWhole) {
  Decoder decoder;
  decoder.add(encode(example()));
  Message message;
  ASSERT_TRUE(*decoder.next(message));
  expect_same(message, example());
  EXPECT_FALSE(*decoder.next(message));
}

TEST(Wire, TheFormIsTheOneInTheHeader) {
  Message message;
  message.type = Type::done;
  message.flags = kLast;
  message.ticket = 2;
  message.argument = -1;
  message.fields = {"ab"};
  using namespace std::string_literals;
  EXPECT_EQ(encode(message), "\x06\0\0\0\x4e\0\x01\0\x02\0\0\0\xff\xff\xff\xff\x02\0\0\0ab"s);
}

TEST(Wire, NothingIsGivenOutUntilTheLastByteIsThere) {
  const std::string bytes = encode(example());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    Decoder decoder;
    Message message;
    decoder.add(std::string_view(bytes).substr(0, cut));
    const auto early = decoder.next(message);
    ASSERT_TRUE(early) << cut;
    ASSERT_FALSE(*early) << cut;
    decoder.add(std::string_view(bytes).substr(cut));
    const auto whole = decoder.next(message);
    ASSERT_TRUE(whole) << cut;
    ASSERT_TRUE(*whole) << cut;
    expect_same(message, example());
  }
}

TEST(Wire, ManyMessagesInOneReadComeOutOneByOne) {
  std::string bytes;
  Decoder decoder;
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    Message message = example();
    message.ticket = i;
    decoder.add(encode(message));
  }
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    Message message;
    ASSERT_TRUE(*decoder.next(message));
    ASSERT_EQ(message.ticket, i);
    ASSERT_EQ(message.fields, example().fields);
  }
  Message message;
  EXPECT_FALSE(*decoder.next(message));
}

TEST(Wire, AMessageWithoutFieldsHasEmptyOnes) {
  const Message message;
  EXPECT_EQ(message.field(0), "");
  EXPECT_EQ(message.field(call_field_count), "");
}

TEST(Wire, AMessageOverTheLimitIsRefusedBeforeItArrives) {
  std::string header(16, '\0');
  put_u32(header, 0, limits::kMessageBytes + 1);
  EXPECT_TRUE(decode_all(header).refused);
  put_u32(header, 0, UINT32_MAX);
  EXPECT_TRUE(decode_all(header).refused);
  put_u32(header, 0, limits::kMessageBytes);
  EXPECT_FALSE(decode_all(header).refused);
}

TEST(Wire, AFieldThatOverrunsItsMessageIsRefused) {
  Message message;
  message.fields = {"abcd", "efgh"};
  const std::string good = encode(message);
  for (const std::uint32_t length : {5u, 13u, 0x7FFFFFFFu, UINT32_MAX, UINT32_MAX - 3}) {
    std::string bytes = good;
    put_u32(bytes, 24, length);  // the second field's
    // More follows, which the field must not reach into.
    EXPECT_TRUE(decode_all(bytes + good).refused) << length;
  }
}

TEST(Wire, AFieldCutInItsLengthIsRefused) {
  for (std::uint32_t rest = 1; rest < 4; ++rest) {
    std::string bytes(16 + rest, '\0');
    put_u32(bytes, 0, rest);
    EXPECT_TRUE(decode_all(bytes).refused) << rest;
  }
}

TEST(Wire, AMessageThatSaysItIsShorterSpoilsWhatFollowsButNothingElse) {
  const std::string good = encode(example());
  std::string bytes = good;
  put_u32(bytes, 0, 13);  // ends after the first field
  const Outcome outcome = decode_all(bytes + good);
  EXPECT_GE(outcome.messages, 1u);
}

TEST(Wire, DamagedBytesAreDecodedOrRefusedButNeverBreakTheDecoder) {
  for (std::uint32_t seed = 0; seed < 3'000; ++seed) {
    Random random(seed);
    std::string bytes = encode(example()) + encode(example());
    for (std::size_t i = 1 + random.below(5); i > 0; --i) {
      // Mostly in the headers and lengths of the first message, where damage can do the most.
      const std::size_t reach = random.chance(2) ? 40 : bytes.size();
      bytes[random.below(reach)] = random.byte();
    }
    bytes.resize(bytes.size() - random.below(30));
    Decoder decoder;
    std::size_t messages = 0;
    while (!bytes.empty()) {
      const std::size_t piece = 1 + random.below(bytes.size());
      decoder.add(std::string_view(bytes).substr(0, piece));
      bytes.erase(0, piece);
      const Outcome outcome = decode_all(decoder);
      messages += outcome.messages;
      if (outcome.refused) break;
    }
    ASSERT_LE(messages, 150u) << "seed " << seed;
  }
}

TEST(Wire, RandomMessagesComeBack) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    Message message;
    message.type = static_cast<Type>(random.below(65'536));
    message.flags = static_cast<std::uint16_t>(random.below(65'536));
    message.ticket = static_cast<std::uint32_t>(random.below(UINT32_MAX));
    message.argument = static_cast<std::int32_t>(random.below(1'000)) - 500;
    for (std::size_t i = random.below(20); i > 0; --i) message.fields.push_back(random.bytes(200));
    Decoder decoder;
    decoder.add(encode(message));
    Message back;
    ASSERT_TRUE(*decoder.next(back)) << "seed " << seed;
    expect_same(back, message);
  }
}

}  // namespace
}  // namespace stagerun::wire
