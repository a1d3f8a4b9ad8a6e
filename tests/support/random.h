// Random: small random things from a seed, the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace stagerun::support {

class Random {
 public:
  explicit Random(std::uint32_t seed) : engine_(seed) {}

  // 0 .. below - 1. Not std::uniform_int_distribution: each library has its own.
  std::size_t below(std::size_t limit) { return engine_() % limit; }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }
  char byte() { return static_cast<char>(below(256)); }

  std::string bytes(std::size_t most) {
    std::string out(below(most + 1), '\0');
    for (char& c : out) c = byte();
    return out;
  }

 private:
  std::mt19937 engine_;
};

}  // namespace stagerun::support
