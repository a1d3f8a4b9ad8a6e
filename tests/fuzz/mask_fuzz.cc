// Secrets, each ended by a byte 1E, and a text: nothing of a secret comes out, however it is cut.
#include "core/base/mask.h"
#include "core/base/mask_forms.h"
#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/naive_mask.h"
#include "tests/support/random.h"

using namespace stagerun;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4'096) return 0;
  const std::string_view input = fuzz::view(data, size);
  auto parts = fuzz::split(input, '\x1E');
  if (parts.size() > 5) return 0;
  const std::string text(parts.back());
  parts.pop_back();

  Mask mask;
  std::vector<std::string> forms;
  for (const std::string_view secret : parts) {
    mask.add(secret);
    for (std::string& form : mask_forms(secret)) forms.push_back(std::move(form));
  }
  MUST(mask.is_empty() == forms.empty());

  const std::string masked = mask.apply(text);
  MUST(masked == support::naive_mask(forms, text));
  MUST(!is_utf8(text) || is_utf8(masked));
  for (const std::string& form : forms) {
    MUST(form.find('*') != form.npos || masked.find(form) == masked.npos);
  }

  support::Random random(fuzz::seed_of(input));
  for (const std::size_t most : {1u, 10u, 300u}) {
    MaskStream stream(mask);
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t count = 1 + random.below(most);
      out += stream.add(std::string_view(text).substr(at, count));
      at += count;
      MUST(masked.starts_with(out));
    }
    MUST(out + stream.finish() == masked);
  }
  return 0;
}
