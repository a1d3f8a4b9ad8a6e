#include "plugins/shared/digest.h"

#include <array>
#include <climits>
#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace shared {
namespace {

using Bytes = std::array<unsigned char, EVP_MAX_MD_SIZE>;

void must(bool holds) {
  if (!holds) throw std::runtime_error("OpenSSL cannot work out a SHA-256");
}

std::string hex(const Bytes& bytes, unsigned int size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += {kDigits[bytes[i] >> 4], kDigits[bytes[i] & 15]};
  return text;
}

}  // namespace

struct Digest::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Digest::Digest() : state_(std::make_unique<State>()) {
  must(state_->context != nullptr);
  must(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}

Digest::~Digest() = default;

void Digest::add(std::string_view bytes) {
  must(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string Digest::finish() {
  Bytes digest{};
  unsigned int size = 0;
  must(EVP_DigestFinal_ex(state_->context, digest.data(), &size) == 1);
  return hex(digest, size);
}

std::string sha256_hex(std::string_view bytes) {
  Digest digest;
  digest.add(bytes);
  return digest.finish();
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
  Bytes digest{};
  unsigned int size = 0;
  must(key.size() <= INT_MAX);
  must(::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
              reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(),
              &size) != nullptr);
  return hex(digest, size);
}

}  // namespace shared
