#include "core/broker/secret_store.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/limits.h"

namespace stagerun {
namespace {

constexpr std::string_view kPrefix = "sr-secret.";

bool is_in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == ':';
}

}  // namespace

std::string SecretStore::add(const std::string& name, std::string value) {
  mask_.add(value);
  if (value.size() >= limits::kCertainBytes) certain_.add(value);
  values_[name] = std::move(value);
  return handle(name);
}

std::string SecretStore::handle(const std::string& name) const {
  return fmt::format("{}{}.{}", kPrefix, name, key_);
}

std::vector<std::string> SecretStore::without_secrets(std::vector<std::string> environment) const {
  std::erase_if(environment, [this](const std::string& entry) {
    const std::string name = entry.substr(0, entry.find('='));
    return std::find(hidden_.begin(), hidden_.end(), name) != hidden_.end();
  });
  return environment;
}

bool SecretStore::has_handle(std::string_view text) const {
  const std::size_t begin = text.find(kPrefix);
  return begin != text.npos && text.find("." + key_, begin + kPrefix.size()) != text.npos;
}

Result<std::string> SecretStore::expand(std::string_view text,
                                        const std::vector<std::string>& granted) const {
  std::string out;
  for (std::size_t begin = text.find(kPrefix); begin != text.npos; begin = text.find(kPrefix)) {
    std::size_t end = begin + kPrefix.size();
    while (end < text.size() && is_in_name(text[end])) ++end;
    const std::string name(text.substr(begin + kPrefix.size(), end - begin - kPrefix.size()));
    const bool is_ours = text.substr(std::min(end, text.size())).starts_with("." + key_);
    if (is_ours) {
      if (std::find(granted.begin(), granted.end(), name) == granted.end()) {
        return Error{ErrorCode::usage, fmt::format("the stage was not granted the secret {}", name),
                     ""};
      }
      const auto value = values_.find(name);
      if (value == values_.end()) {
        return Error{ErrorCode::usage,
                     fmt::format("the value of the secret {} is not known any more", name), ""};
      }
      out += text.substr(0, begin);
      out += value->second;
      end += 1 + key_.size();
    } else {
      out += text.substr(0, end);
    }
    text.remove_prefix(end);
  }
  return out += text;
}

}  // namespace stagerun
