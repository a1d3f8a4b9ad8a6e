#include "rows.h"

namespace postgres {
namespace {

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) out += c == quote ? std::string(2, c) : std::string(1, c);
  return out + quote;
}

// One field, from the start of the text; takes it off. Nothing where a quote is never closed.
std::optional<std::string> take_field(std::string_view& text) {
  std::string field;
  if (!text.starts_with('"')) {
    const std::size_t end = std::min(text.find_first_of(",\n"), text.size());
    field = text.substr(0, end);
    text.remove_prefix(end);
    return field;
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') {
      field += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '"') {
      field += text[i++];
    } else {
      text.remove_prefix(i + 1);
      return field;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rows> read_csv(std::string_view text) {
  Rows rows;
  while (!text.empty()) {
    Row row;
    for (bool more = true; more;) {
      auto field = take_field(text);
      if (!field) return std::nullopt;
      row.push_back(*std::move(field));
      more = text.starts_with(',');
      if (more) text.remove_prefix(1);
    }
    if (!text.starts_with('\n')) return std::nullopt;
    text.remove_prefix(1);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string quote_literal(std::string_view text) {
  std::string out = quoted(text, '\'');
  if (text.find('\\') == text.npos) return out;
  std::string escaped = "E";
  for (const char c : out) escaped += c == '\\' ? "\\\\" : std::string(1, c);
  return escaped;
}

std::string quote_identifier(std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == name.npos) return quoted(name, '"');
  return quoted(name.substr(0, dot), '"') + "." + quoted(name.substr(dot + 1), '"');
}

std::string quote_psql(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') out += '\\';
    if (c == '\'') out += '\'';
    out += c;
  }
  return "'" + out + "'";
}

}  // namespace postgres
