#include "core/base/digest.h"

#include <array>

#include <boost/crc.hpp>
// The SHA-256 itself, not EVP: that is five objects of the archive instead of all of them, whose
// tables every start would have to relocate, and reads no configuration of OpenSSL's at first use.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "core/base/check.h"

namespace stagerun {
namespace {

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string as_hex(const Digest& digest) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

Digest sha256(std::string_view begin, std::string_view rest) {
  SHA256_CTX context;
  Digest digest{};
  CHECK(::SHA256_Init(&context) == 1);
  CHECK(::SHA256_Update(&context, begin.data(), begin.size()) == 1);
  CHECK(::SHA256_Update(&context, rest.data(), rest.size()) == 1);
  CHECK(::SHA256_Final(digest.data(), &context) == 1);
  return digest;
}

}  // namespace

struct Sha256::State {
  SHA256_CTX context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  CHECK(::SHA256_Init(&state_->context) == 1);
}

Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  CHECK(::SHA256_Update(&state_->context, bytes.data(), bytes.size()) == 1);
}

std::string Sha256::hex() {
  Digest digest{};
  CHECK(::SHA256_Final(digest.data(), &state_->context) == 1);
  return as_hex(digest);
}

std::string sha256_hex(std::string_view bytes) { return as_hex(sha256(bytes, "")); }

// RFC 2104, section 2: H(key ^ opad, H(key ^ ipad, text)), the key being one block long.
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
  const Digest hashed = sha256(key, "");
  if (key.size() > SHA256_CBLOCK) key = bytes_of(hashed);
  std::string inner(SHA256_CBLOCK, '\x36');
  std::string outer(SHA256_CBLOCK, '\x5c');
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ key[i]);
    outer[i] = static_cast<char>(outer[i] ^ key[i]);
  }
  return as_hex(sha256(outer, bytes_of(sha256(inner, bytes))));
}

bool equal_in_constant_time(std::string_view one, std::string_view other) {
  return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::uint32_t crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

}  // namespace stagerun
