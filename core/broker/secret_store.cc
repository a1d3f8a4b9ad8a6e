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

Error unusable(std::string text) { return Error{ErrorCode::usage, std::move(text), ""}; }

}  // namespace

bool SecretGrants::covers(std::string_view name) const {
  const bool own = name.size() > stage.size() && name.starts_with(stage) &&
                   name[stage.size()] == ':' && !stage.empty();
  return own || std::find(names.begin(), names.end(), name) != names.end();
}

std::string SecretStore::add(const std::string& name, std::string value) {
  const auto known = values_.find(name);
  const bool masked_already =
      known != values_.end() && known->second == value && plain_.count(name) == 0;
  if (!masked_already) mask_.add(value);
  if (!masked_already && value.size() >= limits::kCertainBytes) certain_.add(value);
  plain_.erase(name);
  return keep(name, std::move(value));
}

std::string SecretStore::add_plain(const std::string& name, std::string value) {
  plain_.insert(name);
  return keep(name, std::move(value));
}

std::string SecretStore::keep(const std::string& name, std::string value) {
  const auto known = values_.find(name);
  if (known == values_.end() || known->second != value) {
    ++added_;
    values_[name] = std::move(value);
  }
  return handle(name);
}

bool SecretStore::is_full() const { return added_ >= limits::kSecrets; }

std::string SecretStore::handle(const std::string& name) const {
  return fmt::format("{}{}.{}", kPrefix, name, key_);
}

std::vector<std::string> SecretStore::without_secrets(std::vector<std::string> environment) const {
  if (hidden_.empty()) return environment;
  std::erase_if(environment, [this](const std::string& entry) {
    return hidden_.contains(entry.substr(0, entry.find('=')));
  });
  return environment;
}

std::optional<SecretStore::Place> SecretStore::find_handle(std::string_view text,
                                                           std::size_t from) const {
  for (std::size_t begin = text.find(kPrefix, from); begin != text.npos;
       begin = text.find(kPrefix, begin + 1)) {
    const std::size_t name = begin + kPrefix.size();
    std::size_t end = name;
    while (end < text.size() && is_in_name(text[end])) ++end;
    const std::string_view rest = text.substr(end);
    if (!rest.starts_with('.') || !rest.substr(1).starts_with(key_)) continue;
    return Place{begin, end + 1 + key_.size(), std::string(text.substr(name, end - name))};
  }
  return std::nullopt;
}

Result<std::string> SecretStore::value(const std::string& name, const SecretGrants& grants) const {
  if (!grants.covers(name)) {
    return unusable(fmt::format("the stage was not granted the secret {}", name));
  }
  const auto known = values_.find(name);
  if (known == values_.end()) {
    return unusable(fmt::format("the value of the secret {} is not known any more", name));
  }
  return known->second;
}

Result<std::string> SecretStore::expand(std::string_view text, const SecretGrants& grants,
                                        Form form) const {
  std::string out;
  std::size_t at = 0;
  for (auto place = find_handle(text); place; place = find_handle(text, at)) {
    TRY_ASSIGN(const std::string value, this->value(place->name, grants));
    out += text.substr(at, place->begin - at);
    out += form != nullptr ? form(value) : value;
    at = place->end;
    if (out.size() > limits::kOpenedBytes) {
      return unusable(fmt::format("with its secrets it is larger than {} bytes",  //
                                  limits::kOpenedBytes));
    }
  }
  return out += text.substr(at);
}

std::string SecretStore::masked_text(std::string_view text) const {
  if (mask_.is_empty()) return std::string(text);
  std::string out;
  std::size_t at = 0;
  for (auto place = find_handle(text); place; place = find_handle(text, at)) {
    out += mask_.apply(text.substr(at, place->begin - at));
    out += text.substr(place->begin, place->end - place->begin);
    at = place->end;
  }
  return out += mask_.apply(text.substr(at));
}

Value SecretStore::masked(const Value& value) const {
  if (mask_.is_empty()) return value;
  Value out = value;
  if (auto* text = out.text()) return masked_text(*text);
  if (auto* items = out.items()) {
    for (Value& item : *items) item = masked(item);
  }
  if (auto* members = out.members()) {
    for (auto& [key, member] : *members) member = masked(member);
  }
  return out;
}

}  // namespace stagerun
