#include "ini.h"

#include <algorithm>
#include <cctype>

namespace alembic {
namespace {

constexpr std::string_view kHere = "%(here)s";

std::string_view trim(std::string_view text) {
  const auto is_blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool is_comment(std::string_view line) {
  const std::string_view text = trim(line);
  return text.empty() || text.front() == '#' || text.front() == ';';
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string out;
  while (true) {
    const std::size_t at = text.find(what);
    out += text.substr(0, at);
    if (at == text.npos) return out;
    out += with;
    text.remove_prefix(at + what.size());
  }
}

// What a line is, as Python's configparser sees it.
struct Line {
  enum class Kind { other, section, option, continuation } kind = Kind::other;
  std::string_view whole;
  std::string section;
  std::string key;
  std::string_view value;
};

std::vector<Line> read_lines(std::string_view ini) {
  std::vector<Line> lines;
  std::string section;
  std::string key;
  while (!ini.empty()) {
    const std::string_view whole = ini.substr(0, ini.find('\n'));
    ini.remove_prefix(std::min(whole.size() + 1, ini.size()));
    Line line{Line::Kind::other, whole, section, key, {}};
    const bool indented = !whole.empty() && (whole.front() == ' ' || whole.front() == '\t');
    const std::string_view text = trim(whole);
    const std::size_t equals = text.find_first_of("=:");
    if (is_comment(whole)) {
      // Belongs to nothing.
    } else if (indented && !key.empty()) {
      line.kind = Line::Kind::continuation;
      line.value = text;
    } else if (text.front() == '[' && text.find(']') != text.npos) {
      section = text.substr(1, text.find(']') - 1);
      key.clear();
      line = {Line::Kind::section, whole, section, "", {}};
    } else if (equals != text.npos) {
      key = lower(trim(text.substr(0, equals)));
      line = {Line::Kind::option, whole, section, key, trim(text.substr(equals + 1))};
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace

std::optional<std::string> ini_value(std::string_view ini, std::string_view section,
                                     std::string_view key) {
  std::optional<std::string> value;
  for (const Line& line : read_lines(ini)) {
    if (line.section != section || line.key != key) continue;
    if (line.kind == Line::Kind::option) value = line.value;
    if (line.kind == Line::Kind::continuation && value) *value += "\n" + std::string(line.value);
  }
  return value;
}

std::optional<std::string> interpolate(std::string_view value, std::string_view here) {
  std::string out;
  while (!value.empty()) {
    const bool is_here = value.starts_with(kHere);
    const bool is_percent = value.starts_with("%%");
    if (value.front() == '%' && !is_here && !is_percent) return std::nullopt;
    out += is_here ? here : value.substr(0, 1);
    value.remove_prefix(is_here ? kHere.size() : is_percent ? 2 : 1);
  }
  return out;
}

std::string relocate(std::string_view ini, std::string_view section, std::string_view here,
                     const std::vector<std::pair<std::string, std::string>>& values) {
  const std::string fixed_here = replaced(here, "%", "%%");
  const auto is_replaced = [&](const Line& line) {
    return line.section == section && std::any_of(values.begin(), values.end(), [&](auto& value) {
             return value.first == line.key;
           });
  };
  std::string out;
  for (const Line& line : read_lines(ini)) {
    const bool has_value = line.kind == Line::Kind::option || line.kind == Line::Kind::continuation;
    if (has_value && is_replaced(line)) continue;
    out += replaced(line.whole, kHere, fixed_here) + "\n";
    if (line.kind != Line::Kind::section || line.section != section) continue;
    for (const auto& [key, value] : values) {
      out += key + " = " + replaced(value, "%", "%%") + "\n";
    }
  }
  return out;
}

}  // namespace alembic
