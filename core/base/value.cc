#include "core/base/value.h"

#include <charconv>
#include <optional>

namespace stagerun {
namespace {

std::string unescape_token(std::string_view token) {
  std::string key;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (!escape) {
      key += token[i];
      continue;
    }
    ++i;
    key += token[i] == '1' ? '/' : '~';
  }
  return key;
}

std::optional<std::size_t> array_index(const std::string& token) {
  std::size_t index = 0;
  if (token.size() > 1 && token.front() == '0') return std::nullopt;  // RFC 6901, section 4
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, index);
  if (error != std::errc() || stop != end) return std::nullopt;
  return index;
}

const Value* child(const Value& parent, const std::string& token) {
  if (parent.members() != nullptr) return parent.find(token);
  const Value::Array* items = parent.items();
  if (items == nullptr) return nullptr;
  const auto index = array_index(token);
  return index && *index < items->size() ? &(*items)[*index] : nullptr;
}

}  // namespace

const Value* Value::find(std::string_view key) const {
  const Object* object = members();
  if (object == nullptr) return nullptr;
  for (const Member& member : *object) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

Value* Value::find(std::string_view key) {
  return const_cast<Value*>(std::as_const(*this).find(key));
}

const Value* Value::at(std::string_view pointer) const {
  const Value* place = this;
  while (place != nullptr && !pointer.empty()) {
    if (pointer.front() != '/') return nullptr;
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    place = child(*place, unescape_token(pointer.substr(0, end)));
    pointer.remove_prefix(end);
  }
  return place;
}

Value* Value::at(std::string_view pointer) {
  return const_cast<Value*>(std::as_const(*this).at(pointer));
}

Value& Value::set(std::string_view key, Value value) {
  if (is_null()) content_ = Object{};
  if (Value* present = find(key)) {
    *present = std::move(value);
  } else {
    std::get<Object>(content_).emplace_back(std::string(key), std::move(value));
  }
  return *this;
}

Value& Value::push(Value value) {
  if (is_null()) content_ = Array{};
  std::get<Array>(content_).push_back(std::move(value));
  return *this;
}

std::string Value::text_or(std::string_view key, std::string_view fallback) const {
  const Value* member = find(key);
  const std::string* found = member != nullptr ? member->text() : nullptr;
  return found != nullptr ? *found : std::string(fallback);
}

std::int64_t Value::integer_or(std::string_view key, std::int64_t fallback) const {
  const Value* member = find(key);
  const std::int64_t* found = member != nullptr ? member->integer() : nullptr;
  return found != nullptr ? *found : fallback;
}

bool Value::boolean_or(std::string_view key, bool fallback) const {
  const Value* member = find(key);
  const bool* found = member != nullptr ? member->boolean() : nullptr;
  return found != nullptr ? *found : fallback;
}

const char* Value::type_name() const {
  static constexpr const char* kNames[] = {"null",   "boolean", "integer", "number",
                                           "string", "array",   "object"};
  return kNames[content_.index()];
}

std::string pointer_token(std::string_view key) {
  std::string token;
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

}  // namespace stagerun
