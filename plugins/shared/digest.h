// SHA-256 and HMAC (FIPS 180-4, RFC 2104), in lower-case hex: what a plugin compares with what the
// host says of a file or of a secret. Throws std::runtime_error where OpenSSL will not.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace shared {

class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void add(std::string_view bytes);
  // Ends it.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);

}  // namespace shared
