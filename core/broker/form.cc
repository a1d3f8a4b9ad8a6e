#include "core/broker/form.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/limits.h"

namespace stagerun {
namespace {

// What an effect carries, as against what it is; bounded by the message that it comes in.
bool is_payload(std::string_view member) {
  return member == "body" || member == "input" || member == "text";
}

// Bytes of all texts in it; depth is bounded by whoever parsed it.
std::size_t weight(const Value& value) {
  std::size_t sum = 8;
  if (value.text() != nullptr) sum += value.text()->size();
  if (value.items() != nullptr) {
    for (const Value& item : *value.items()) sum += weight(item);
  }
  if (value.members() != nullptr) {
    for (const auto& [key, member] : *value.members()) sum += key.size() + weight(member);
  }
  return sum;
}

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

Error must_be(std::string_view member, std::string_view what) {
  return malformed(fmt::format("`{}` must be {}", member, what));
}

}  // namespace

Error malformed(std::string text) { return Error{ErrorCode::usage, std::move(text), ""}; }

Status Form::only(std::initializer_list<std::string_view> members) const {
  if (request_.members() == nullptr) return malformed("the request is not a JSON object");
  std::size_t sum = 0;
  for (const auto& [key, value] : *request_.members()) {
    const bool known = key == "purpose" || key == "id" ||
                       std::find(members.begin(), members.end(), key) != members.end();
    if (!known) return malformed(fmt::format("`{}` means nothing in this request", key));
    if (!is_payload(key)) sum += weight(value);
  }
  if (sum > limits::kRequestBytes) {
    return malformed(fmt::format("the request is larger than {} bytes", limits::kRequestBytes));
  }
  return {};
}

Result<std::string> Form::text(std::string_view member, std::string_view fallback) const {
  const Value* value = request_.find(member);
  if (value == nullptr) return std::string(fallback);
  if (value->text() == nullptr || has_nul(*value->text())) {
    return must_be(member, "a string without NUL");
  }
  return *value->text();
}

Result<std::optional<std::string>> Form::payload(std::string_view member) const {
  const Value* value = request_.find(member);
  if (value == nullptr) return std::optional<std::string>();
  if (value->text() == nullptr) return must_be(member, "a string");
  return std::optional(*value->text());
}

Result<bool> Form::flag(std::string_view member) const {
  const Value* value = request_.find(member);
  if (value == nullptr) return false;
  if (value->boolean() == nullptr) return must_be(member, "true or false");
  return *value->boolean();
}

Result<std::int64_t> Form::whole(std::string_view member, std::int64_t fallback, std::int64_t least,
                                 std::int64_t most) const {
  const Value* value = request_.find(member);
  if (value == nullptr) return fallback;
  const std::int64_t* integer = value->integer();
  if (integer == nullptr || *integer < least || *integer > most) {
    return must_be(member, fmt::format("a whole number from {} to {}", least, most));
  }
  return *integer;
}

Result<std::vector<std::string>> Form::texts(std::string_view member) const {
  const Value* value = request_.find(member);
  if (value == nullptr || value->items() == nullptr) return must_be(member, "an array of strings");
  std::vector<std::string> texts;
  for (const Value& item : *value->items()) {
    if (item.text() == nullptr || has_nul(*item.text())) {
      return must_be(member, "an array of strings without NUL");
    }
    texts.push_back(*item.text());
  }
  return texts;
}

Result<std::vector<std::pair<std::string, std::string>>> Form::pairs(
    std::string_view member) const {
  std::vector<std::pair<std::string, std::string>> pairs;
  const Value* value = request_.find(member);
  if (value == nullptr) return pairs;
  if (value->members() == nullptr) return must_be(member, "an object of strings");
  for (const auto& [key, item] : *value->members()) {
    if (item.text() == nullptr || has_nul(*item.text()) || has_nul(key)) {
      return must_be(member, "an object of strings without NUL");
    }
    pairs.emplace_back(key, *item.text());
  }
  return pairs;
}

bool is_effect_id(std::string_view id) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !id.empty() && id.size() <= limits::kNameBytes &&
         id.find_first_not_of(kAllowed) == std::string_view::npos;
}

Value journaled_request(const Value& request) {
  Value kept = request;
  if (kept.members() == nullptr) return kept;
  for (auto& [name, value] : *kept.members()) {
    const std::string* text = value.text();
    // What a file holds beside the stage's own secrets nobody could mask.
    const bool is_content = name == "text" && request.find("write") != nullptr;
    const std::size_t most = is_content ? 0 : limits::kJournaledBodyBytes;
    if (!is_payload(name) || text == nullptr || text->size() <= most) continue;
    const auto bytes = static_cast<std::int64_t>(text->size());
    value = Value::object().set("sha256", sha256_hex(*text)).set("bytes", Value(bytes));
  }
  return kept;
}

}  // namespace stagerun
