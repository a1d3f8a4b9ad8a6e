#include "scalar.h"

#include <algorithm>
#include <cctype>

#include <stagerun/json.hpp>

namespace env {
namespace {

bool is_printable(std::string_view text) {
  return sr::is_utf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte < 0x20 || byte == 0x7F;
         });
}

bool has_any(std::string_view text, std::string_view characters) {
  return text.find_first_of(characters) != text.npos;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) return add(code);
  if (code < 0x800) {
    add(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      add(0xE0 | code >> 12);
    } else {
      add(0xF0 | code >> 18);
      add(0x80 | (code >> 12 & 0x3F));
    }
    add(0x80 | (code >> 6 & 0x3F));
  }
  add(0x80 | (code & 0x3F));
}

// So many hex digits at the start of `text`.
std::optional<std::uint32_t> read_hex(std::string_view text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  std::uint32_t code = 0;
  for (const char c : text.substr(0, digits)) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    const bool is_digit = c >= '0' && c <= '9';
    code = code * 16 + static_cast<std::uint32_t>(is_digit ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return code;
}

// A \u escape, whose digits begin `text`, and its second half where it is a pair.
bool take_unicode(std::string_view& text, std::size_t digits, std::string& out) {
  auto code = read_hex(text, digits);
  if (!code) return false;
  text.remove_prefix(digits);
  if (*code >= 0xD800 && *code < 0xDC00 && text.starts_with("\\u")) {
    const auto low = read_hex(text.substr(2), 4);
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
    code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
    text.remove_prefix(6);
  }
  if ((*code >= 0xD800 && *code < 0xE000) || *code > 0x10FFFF) return false;
  append_utf8(out, *code);
  return true;
}

}  // namespace

Scalar scalar_of(std::string_view json, bool is_string) {
  const std::string text(json);
  if (is_string) return {Type::text, text};
  if (text == "true" || text == "false") return {Type::boolean, text};
  if (text == "null") return {Type::null, text};
  if (text.starts_with('{') || text.starts_with('[')) return {Type::other, text};
  return {has_any(text, ".eE") ? Type::number : Type::integer, text};
}

Content content_of(std::string_view text) {
  const bool printable = is_printable(text);
  const auto in_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_./:@%+,=-").find(c) != std::string_view::npos;
  };
  const bool plain = printable && !has_any(text, "\\");
  return {std::all_of(text.begin(), text.end(), in_word), plain && !has_any(text, "'"),
          plain && !has_any(text, "\""), plain && !has_any(text, "\"$`")};
}

Written written(const Scalar& value) { return {value, content_of(value.text), false}; }

std::string quoted_text(std::string_view text) { return sr::json_string(text); }

std::optional<std::string> unquoted_text(std::string_view inner) {
  static constexpr std::string_view kEscapes = "\"\\/bfnrt";
  static constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
  std::string out;
  while (!inner.empty()) {
    const char c = inner.front();
    inner.remove_prefix(1);
    if (c != '\\') {
      out += c;
      continue;
    }
    if (inner.empty()) return std::nullopt;
    const char escape = inner.front();
    inner.remove_prefix(1);
    const std::size_t known = kEscapes.find(escape);
    if (known != kEscapes.npos) {
      out += kMeant[known];
    } else if (escape != 'u' && escape != 'U') {
      return std::nullopt;
    } else if (!take_unicode(inner, escape == 'u' ? 4 : 8, out)) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace env
