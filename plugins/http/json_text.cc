#include "json_text.h"

#include <algorithm>
#include <charconv>

namespace http {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// One word of a pointer: ~1 is a slash, ~0 a tilde.
std::string unescaped(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool escape = word[i] == '~' && i + 1 < word.size();
    out += !escape ? word[i] : word[++i] == '1' ? '/' : '~';
  }
  return out;
}

bool is_whole_number(std::string_view number) { return number.find_first_of(".eE") == number.npos; }

bool are_same_numbers(std::string_view a, std::string_view b) {
  if (a == b) return true;
  // A double cannot tell large ones apart.
  if (is_whole_number(a) && is_whole_number(b)) return false;
  return number_of(a).has_value() && number_of(a) == number_of(b);
}

bool are_same_objects(const sr::Call& call, const std::string& a, const std::string& b) {
  const auto ours = json_members(call, a);
  const auto theirs = json_members(call, b);
  return ours.size() == theirs.size() &&
         std::all_of(ours.begin(), ours.end(), [&](const auto& member) {
           const auto other = std::find_if(theirs.begin(), theirs.end(), [&](const auto& each) {
             return each.first == member.first;
           });
           return other != theirs.end() && is_same_value(call, member.second, other->second);
         });
}

bool are_same_arrays(const sr::Call& call, const std::string& a, const std::string& b) {
  const auto ours = json_items(a);
  const auto theirs = json_items(b);
  return std::equal(ours.begin(), ours.end(), theirs.begin(), theirs.end(),
                    [&](const auto& x, const auto& y) { return is_same_value(call, x, y); });
}

// The element of a container that a pointer's last word names, as JSON.
std::optional<std::string> element_at(const sr::Call& call, const std::string& container,
                                      const std::string& word) {
  if (kind_of(container) == JsonKind::array) {
    std::size_t index = 0;
    const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), index);
    const auto items = json_items(container);
    if (error != std::errc() || index >= items.size()) return std::nullopt;
    return items[index];
  }
  for (auto& [name, value] : json_members(call, container)) {
    if (name == word) return std::move(value);
  }
  return std::nullopt;
}

}  // namespace

JsonKind kind_of(std::string_view json) {
  const std::string_view text = trimmed(json);
  const char first = text.empty() ? 'n' : text.front();
  if (first == '"') return JsonKind::string;
  if (first == '{') return JsonKind::object;
  if (first == '[') return JsonKind::array;
  if (first == 't' || first == 'f') return JsonKind::boolean;
  return first == 'n' ? JsonKind::null : JsonKind::number;
}

std::string_view describe_kind(std::string_view json) {
  constexpr std::string_view kNames[] = {"null",     "a boolean", "a number",
                                         "a string", "an array",  "an object"};
  return kNames[static_cast<std::size_t>(kind_of(json))];
}

bool has_type(std::string_view json, std::string_view type) {
  const JsonKind kind = kind_of(json);
  if (type == "string") return kind == JsonKind::string;
  if (type == "boolean") return kind == JsonKind::boolean;
  return kind == JsonKind::number && (type == "number" || is_whole_number(trimmed(json)));
}

std::optional<std::string> find_json(const sr::Call& call, std::string_view json,
                                     std::string_view pointer) {
  auto bare = call.pick(json, pointer);
  if (!bare) return std::nullopt;
  if (pointer.empty()) return kind_of(json) == JsonKind::string ? sr::json_string(*bare) : bare;
  // Whether it was a string, only what it stands in can tell.
  const std::size_t slash = pointer.rfind('/');
  const auto container = call.pick(json, pointer.substr(0, slash));
  if (!container) return std::nullopt;
  return element_at(call, *container, unescaped(pointer.substr(slash + 1)));
}

std::vector<std::pair<std::string, std::string>> json_members(const sr::Call& call,
                                                              std::string_view json) {
  std::vector<std::pair<std::string, std::string>> members;
  if (kind_of(json) != JsonKind::object) return members;
  auto elements = sr::json_elements(json);
  for (std::size_t i = 0; i + 1 < elements.size(); i += 2) {
    members.emplace_back(bare_text(call, elements[i]), std::move(elements[i + 1]));
  }
  return members;
}

std::vector<std::string> json_items(std::string_view json) {
  if (kind_of(json) != JsonKind::array) return {};
  return sr::json_elements(json);
}

bool has_name(const sr::Call& call, std::string_view json, std::string_view name) {
  const auto members = json_members(call, json);
  return std::any_of(members.begin(), members.end(), [&](const auto& member) {
    return lower_case(member.first) == lower_case(name);
  });
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::string bare_text(const sr::Call& call, const std::string& json) {
  if (kind_of(json) != JsonKind::string) return json;
  const std::string_view text = trimmed(json);
  if (text.find('\\') == text.npos) return std::string(text.substr(1, text.size() - 2));
  return call.pick("[" + json + "]", "/0").value_or("");
}

bool is_same_value(const sr::Call& call, const std::string& a, const std::string& b) {
  if (kind_of(a) != kind_of(b)) return false;
  switch (kind_of(a)) {
    case JsonKind::number:
      return are_same_numbers(trimmed(a), trimmed(b));
    case JsonKind::string:
      return bare_text(call, a) == bare_text(call, b);
    case JsonKind::array:
      return are_same_arrays(call, a, b);
    case JsonKind::object:
      return are_same_objects(call, a, b);
    default:
      return trimmed(a) == trimmed(b);
  }
}

std::optional<double> number_of(std::string_view json) {
  const std::string_view text = trimmed(json);
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string printable(std::string_view text, std::size_t most) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(sr::utf8_length(text), 1);
    if (out.size() + length > most) return out + "...";
    const auto lead = static_cast<unsigned char>(text.front());
    const bool plain = length > 1 ? !(lead == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0)
                                  : lead >= ' ' && lead < 0x7F;
    const bool blank = lead == '\n' || lead == '\r' || lead == '\t';
    out += plain ? text.substr(0, length) : std::string_view(blank ? " " : "?");
    text.remove_prefix(length);
  }
  return out;
}

bool is_pointer(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) {
      return false;
    }
  }
  return true;
}

}  // namespace http
