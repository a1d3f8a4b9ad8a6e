// Digests: SHA-256 (FIPS 180-4) by OpenSSL, CRC-32C (RFC 3720, appendix B.4) by Boost.CRC; the
// door to both.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace stagerun {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  // Ends it: lower-case hex, 64 characters. Call once.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);

// RFC 2104: lower-case hex, 64 characters.
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);

// How long it takes tells the lengths and nothing else.
bool equal_in_constant_time(std::string_view one, std::string_view other);

// CRC-32C of `bytes`.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace stagerun
