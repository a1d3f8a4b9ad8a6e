// What masking has to come to, as simply as it can be said: every byte of every form, and whole
// characters. Slow; the reference for tests and fuzzers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stagerun::support {

// Characters by their first byte's word; a byte that fits nowhere is one of its own.
inline std::vector<std::string_view> characters(std::string_view text) {
  std::vector<std::string_view> found;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    std::size_t most = 1;
    if (lead >= 0xC0) most = 2;
    if (lead >= 0xE0) most = 3;
    if (lead >= 0xF0) most = 4;
    std::size_t end = at + 1;
    while (end < text.size() && end < at + most && (text[end] & '\xC0') == '\x80') ++end;
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

inline std::string naive_mask(const std::vector<std::string>& forms, std::string_view text) {
  std::vector<bool> secret(text.size(), false);
  for (const std::string& form : forms) {
    for (std::size_t at = text.find(form); at != text.npos; at = text.find(form, at + 1)) {
      for (std::size_t i = 0; i < form.size(); ++i) secret[at + i] = true;
    }
  }
  std::string out;
  bool was_secret = false;
  for (const std::string_view character : characters(text)) {
    const auto begin = static_cast<std::size_t>(character.data() - text.data());
    bool is_secret = false;
    for (std::size_t i = 0; i < character.size(); ++i) is_secret |= secret[begin + i];
    if (!is_secret) out += character;
    if (is_secret && !was_secret) out += "***";
    was_secret = is_secret;
  }
  return out;
}

}  // namespace stagerun::support
