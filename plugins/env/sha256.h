// SHA-256 and HMAC (FIPS 180-4, RFC 2104): so that what a file holds can be compared with what the
// host says of a secret, and neither has to be told.
#pragma once

#include <string>
#include <string_view>

namespace env {

// Lower-case hex.
std::string sha256_hex(std::string_view bytes);
std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);

}  // namespace env
