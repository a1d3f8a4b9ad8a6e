// JSON for plugins: sr::Json builds one; reading is the host's (Call::pick, members, items).
// Standard library only.
#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace sr {

// How many bytes the UTF-8 sequence at the start takes (RFC 3629); 0 where it is none.
inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (text.empty()) return 0;
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool beyond = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong || beyond ? 0 : length;
}

inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// The whole number that a text begins with; `otherwise` where there is none, or it does not fit.
template <std::integral T = int>
T number_in(std::string_view text, T otherwise = 0) {
  T number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc{} ? number : otherwise;
}

// The text as a JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD.
inline std::string json_string(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const auto c = static_cast<unsigned char>(text.front());
    if (length == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += {'\\', static_cast<char>(c)};
    } else if (c < 0x20 || c == 0x7F) {
      out += {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out += '"';
}

// A JSON value as its text. Converts from what it is made of:
//   Json::object().set("argv", Json::array(argv)).set("grace_ms", 500)
class Json {
 public:
  Json() = default;  // null
  Json(bool value) : text_(value ? "true" : "false") {}
  Json(std::integral auto value) : text_(std::to_string(value)) {}
  Json(double value) : text_(from_double(value)) {}
  Json(std::string_view value) : text_(json_string(value)) {}
  Json(const std::string& value) : text_(json_string(value)) {}
  Json(const char* value) : text_(json_string(value)) {}

  static Json object() { return raw("{}"); }
  static Json array() { return raw("[]"); }
  static Json array(const std::vector<std::string>& items) {
    Json list = array();
    for (const std::string& item : items) list.push(item);
    return list;
  }
  // Text that is JSON already.
  static Json raw(std::string_view text) {
    Json json;
    json.text_ = text;
    return json;
  }

  // Adds a member; of two with one name the last counts. Only on an object.
  Json& set(std::string_view name, const Json& value) {
    return add(json_string(name) + ":" + value.text_, '}');
  }
  // Adds an item. Only on an array.
  Json& push(const Json& value) { return add(value.text_, ']'); }

  const std::string& text() const { return text_; }
  bool is_empty() const { return text_ == "{}" || text_ == "[]"; }

 private:
  Json& add(const std::string& element, char end) {
    const std::size_t last = text_.find_last_of(end);
    const bool first = text_.find_last_not_of(" \t\r\n", last - 1) == text_.find_first_of("{[");
    text_.resize(last);
    text_ += (first ? "" : ",") + element + end;
    return *this;
  }

  static std::string from_double(double value) {
    if (!std::isfinite(value)) return "null";
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return std::string(digits, end);
  }

  std::string text_ = "null";
};

// The elements of an array or object as the host writes it, each as its JSON text: "a":1 of an
// object stands here as two, the name (still quoted) and the value.
inline std::vector<std::string> json_elements(std::string_view text) {
  std::vector<std::string> elements;
  std::string element;
  int depth = 0;
  bool quoted = false;
  const auto finish = [&] {
    if (!element.empty()) elements.push_back(std::exchange(element, ""));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool opens = !quoted && (c == '{' || c == '[');
    const bool closes = !quoted && (c == '}' || c == ']');
    if (c == '"') quoted = !quoted;
    if (closes && --depth == 0) break;
    const bool between = !quoted && depth == 1 && (c == ',' || c == ':');
    const bool blank = !quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n');
    if (between) finish();
    if (depth > 0 && !between && !blank) element += c;
    if (quoted && c == '\\' && i + 1 < text.size() && depth > 0) element += text[++i];
    if (opens) ++depth;
  }
  finish();
  return elements;
}

// "90s", "10m", "1h30m", "250ms", "2d" in milliseconds; -1 for anything else.
inline std::int64_t duration_ms(std::string_view text) {
  constexpr struct {
    std::string_view name;
    std::int64_t ms;
  } kUnits[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}};
  constexpr std::int64_t kLongest = 1'000'000'000'000;  // thirty years
  std::int64_t total = text.empty() ? -1 : 0;
  std::int64_t last_unit = INT64_MAX;
  while (!text.empty()) {
    std::int64_t count = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error != std::errc() || text.front() == '-') return -1;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    const std::string_view name = text.substr(0, text.find_first_of("0123456789"));
    std::int64_t unit = 0;
    for (const auto& known : kUnits) unit = known.name == name ? known.ms : unit;
    if (unit == 0 || unit >= last_unit || count > kLongest / unit) return -1;
    total += count * unit;
    last_unit = unit;
    text.remove_prefix(name.size());
  }
  return total;
}

}  // namespace sr
