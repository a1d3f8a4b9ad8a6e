// What a worker sends: the same messages however it is cut, and the same again when written.
#include "core/base/limits.h"
#include "core/base/wire.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/random.h"

using namespace stagerun;

namespace {

struct Decoded {
  std::vector<wire::Message> messages;
  bool refused = false;
};

// True: another message was there.
bool take(wire::Decoder& decoder, Decoded& decoded) {
  wire::Message message;
  const auto next = decoder.next(message);
  decoded.refused = !next;
  if (!next || !*next) return false;
  decoded.messages.push_back(std::move(message));
  return true;
}

Decoded decode(std::string_view bytes, std::size_t most, support::Random& random) {
  wire::Decoder decoder;
  Decoded decoded;
  while (!bytes.empty() && !decoded.refused) {
    const std::size_t count = std::min(bytes.size(), 1 + random.below(most));
    decoder.add(bytes.substr(0, count));
    bytes.remove_prefix(count);
    while (take(decoder, decoded)) continue;
  }
  return decoded;
}

bool is_same(const wire::Message& a, const wire::Message& b) {
  return a.type == b.type && a.flags == b.flags && a.ticket == b.ticket &&
         a.argument == b.argument && a.fields == b.fields;
}

bool is_same(const Decoded& a, const Decoded& b) {
  return a.refused == b.refused &&
         std::equal(a.messages.begin(), a.messages.end(), b.messages.begin(), b.messages.end(),
                    [](const auto& x, const auto& y) { return is_same(x, y); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::view(data, size);
  support::Random random(fuzz::seed_of(bytes));
  const Decoded whole = decode(bytes, size + 1, random);
  MUST(is_same(whole, decode(bytes, 1, random)));
  MUST(is_same(whole, decode(bytes, 30, random)));
  std::string written;
  for (const wire::Message& message : whole.messages) written += wire::encode(message);
  MUST(bytes.starts_with(written));
  return 0;
}
