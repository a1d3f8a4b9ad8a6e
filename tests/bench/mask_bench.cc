// How fast secrets are masked, beside memmem for each form and memcpy, in one run. No test: time is
// no verdict.
//
//   mask_bench [MIB]     of generated text, default 100
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mask.h"
#include "core/base/mask_forms.h"
#include "tests/support/random.h"

namespace stagerun {
namespace {

using support::Random;

std::string of(Random& random, std::string_view letters, std::size_t least, std::size_t most) {
  std::string out(least + random.below(most - least + 1), '\0');
  for (char& c : out) c = letters[random.below(letters.size())];
  return out;
}

// Lines as CI prints them: times, words, paths, digests; of each ten thousand about one holds a
// secret.
std::string make_log(std::size_t size, const std::vector<std::string>& secrets) {
  constexpr std::string_view kWords[] = {
      "Compiling",       "Downloaded",     "src/main/java", "warning:",
      "unused variable", "node_modules",   "PASS",          "ok",
      "test_what_holds", "in 0.42s",       "INFO",          "docker pull",
      "layer",           "already exists", "error[E0308]",  "  at Object.<anonymous>",
      "GET /health 200"};
  Random random(1);
  std::string log;
  log.reserve(size + 200);
  while (log.size() < size) {
    log += "2026-11-21T10:15:" + of(random, "0123456789", 2, 2) + "Z ";
    for (std::size_t i = random.below(8) + 2; i > 0; --i) {
      log += kWords[random.below(std::size(kWords))];
      log += ' ';
    }
    if (random.chance(4)) log += "sha256:" + of(random, "0123456789abcdef", 64, 64);
    if (random.chance(10'000)) log += "token=" + secrets[random.below(secrets.size())];
    log += '\n';
  }
  return log;
}

double seconds_of(const auto& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Best of three.
void report(const char* what, std::size_t bytes, const auto& work) {
  double best = seconds_of(work);
  for (int i = 0; i < 2; ++i) best = std::min(best, seconds_of(work));
  std::printf("  %-34s %9.0f MB/s\n", what, static_cast<double>(bytes) / best / 1e6);
}

std::size_t kept = 0;  // what is worked out is used

void bench(const std::string& whole, const std::vector<std::string>& secrets) {
  Mask mask;
  const double build = seconds_of([&] {
    for (const std::string& secret : secrets) mask.add(secret);
  });
  std::size_t forms = 0;
  for (const std::string& secret : secrets) forms += mask_forms(secret).size();
  std::printf("%zu secrets, %zu forms, added in %.2f ms\n", secrets.size(), forms, build * 1e3);

  report("Mask::apply, 65536 bytes at a time", whole.size(), [&] {
    for (std::size_t i = 0; i < whole.size(); i += 65'536) {
      kept += mask.apply(std::string_view(whole).substr(i, 65'536)).size();
    }
  });
  for (const std::size_t size : {65'536u, 4'096u, 80u}) {
    const std::string name = "MaskStream, " + std::to_string(size) + " bytes at a time";
    report(name.c_str(), whole.size(), [&] {
      MaskStream stream(mask);
      for (std::size_t i = 0; i < whole.size(); i += size) {
        kept += stream.add(std::string_view(whole).substr(i, size)).size();
      }
      kept += stream.finish().size();
    });
  }
  // The peer gets the values alone, and a tenth of the text where they are many.
  const std::size_t some = secrets.size() > 100 ? whole.size() / 10 : whole.size();
  report("memmem, the values alone", some, [&] {
    for (const std::string& secret : secrets) {
      const char* at = whole.data();
      const char* end = at + some;
      for (;; ++at) {
        at = static_cast<const char*>(
            ::memmem(at, static_cast<std::size_t>(end - at), secret.data(), secret.size()));
        if (at == nullptr) break;
        ++kept;
      }
    }
  });
}

}  // namespace
}  // namespace stagerun

int main(int count, char** arguments) {
  using namespace stagerun;
  const std::size_t mib = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 100;
  Random random(2);
  std::vector<std::string> secrets;
  for (int i = 0; i < 1'000; ++i) {
    secrets.push_back(
        of(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=", 16, 48));
  }
  const std::string log = make_log(mib << 20, secrets);
  std::string copy;
  report("memcpy", log.size(), [&] { kept += copy.assign(log).size(); });
  for (const std::size_t size : {1u, 64u, 1'000u}) {
    bench(log, {secrets.begin(), secrets.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  secrets.resize(64);
  secrets.push_back("p4ss");
  std::printf("one of them of four characters: ");
  bench(log, secrets);
  return kept == 0 ? 1 : 0;
}
