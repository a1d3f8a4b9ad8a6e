// SHA-256 (FIPS 180-4), to tell whether scripts are still the same.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace alembic {

class Digest {
 public:
  void add(std::string_view bytes);
  // In lower-case hex. Ends it.
  std::string finish();

 private:
  void take_block();

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, 64> block_{};
  std::size_t filled_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace alembic
