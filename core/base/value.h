// Value: what TOML, JSON, the shared context and effect requests are made of. A plain value; copies
// are deep. Objects keep the order in which their members were written. Depth is bounded by whoever
// builds one (limits::kDepth), so the recursion below is bounded too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace stagerun {

class Value {
 public:
  using Array = std::vector<Value>;
  using Member = std::pair<std::string, Value>;
  using Object = std::vector<Member>;

  Value() = default;
  Value(bool boolean) : content_(boolean) {}                         // NOLINT: a literal is a Value
  Value(std::int64_t integer) : content_(integer) {}                 // NOLINT
  Value(int integer) : content_(std::int64_t{integer}) {}            // NOLINT
  Value(std::uint32_t integer) : content_(std::int64_t{integer}) {}  // NOLINT
  Value(double number) : content_(number) {}                         // NOLINT
  Value(std::string text) : content_(std::move(text)) {}             // NOLINT
  Value(std::string_view text) : content_(std::string(text)) {}      // NOLINT
  Value(const char* text) : content_(std::string(text)) {}           // NOLINT
  Value(Array items) : content_(std::move(items)) {}                 // NOLINT
  Value(Object members) : content_(std::move(members)) {}            // NOLINT

  static Value object() { return Value(Object{}); }
  static Value array() { return Value(Array{}); }

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(content_); }
  const bool* boolean() const { return std::get_if<bool>(&content_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&content_); }
  const double* number() const { return std::get_if<double>(&content_); }
  const std::string* text() const { return std::get_if<std::string>(&content_); }
  std::string* text() { return std::get_if<std::string>(&content_); }
  const Array* items() const { return std::get_if<Array>(&content_); }
  Array* items() { return std::get_if<Array>(&content_); }
  const Object* members() const { return std::get_if<Object>(&content_); }
  Object* members() { return std::get_if<Object>(&content_); }

  // The member of that name, or null; null also where this is no object.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);

  // The place that an RFC 6901 pointer names ("" is the whole, "/a/0"), or null.
  const Value* at(std::string_view pointer) const;
  Value* at(std::string_view pointer);

  // Adds or replaces a member. A null Value becomes an object first.
  Value& set(std::string_view key, Value value);
  // Appends an item. A null Value becomes an array first.
  Value& push(Value value);

  // What the member holds, or the fallback where it is absent or of another type.
  std::string text_or(std::string_view key, std::string_view fallback = "") const;
  std::int64_t integer_or(std::string_view key, std::int64_t fallback) const;
  bool boolean_or(std::string_view key, bool fallback) const;

  // "string", "integer", "number", "boolean", "array", "object", "null": JSON Schema's words.
  const char* type_name() const;

  friend bool operator==(const Value&, const Value&) = default;

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> content_;
};

// One reference token of an RFC 6901 pointer, escaped: "a/b" becomes "a~1b".
std::string pointer_token(std::string_view key);

}  // namespace stagerun
