#include "template.h"

#include "json_text.h"
#include "url.h"

namespace http {
namespace {

constexpr std::string_view kNameBytes =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

// The name of the placeholder that the text begins with, or "".
std::string_view leading_name(std::string_view text) {
  if (!text.starts_with("$(")) return {};
  const std::size_t end = std::min(text.find_first_not_of(kNameBytes, 2), text.size());
  return end < text.size() && text[end] == ')' ? text.substr(2, end - 2) : std::string_view();
}

// Calls plain(text) and named(name) for each piece, in their order.
template <typename Plain, typename Named>
void walk(std::string_view text, Plain plain, Named named) {
  while (!text.empty()) {
    const bool escaped = text.starts_with('$') && !leading_name(text.substr(1)).empty();
    if (escaped) text.remove_prefix(1);
    const std::string_view name = leading_name(text);
    if (!name.empty() && !escaped) {
      named(name);
      text.remove_prefix(name.size() + 3);
      continue;
    }
    const std::size_t end = std::min(text.find('$', 1), text.size());
    plain(text.substr(0, end));
    text.remove_prefix(end);
  }
}

const Taken& value_of(const Values& values, std::string_view name) {
  const auto found = values.find(name);
  if (found != values.end()) return found->second;
  throw sr::Failed("http.value", "no answer gave what $(" + std::string(name) + ") stands for");
}

}  // namespace

std::vector<std::string> placeholders(std::string_view text) {
  std::vector<std::string> names;
  walk(
      text, [](std::string_view) {}, [&](std::string_view name) { names.emplace_back(name); });
  return names;
}

std::string fill_text(const sr::Call& call, std::string_view text, const Values& values,
                      Place place) {
  const bool encodes = place != Place::text;
  std::string out;
  // In a form, what the author wrote is encoded too; a handle holds nothing that needs it.
  const auto add_plain = [&](std::string_view plain) {
    out += place == Place::form ? percent_encoded(plain) : std::string(plain);
  };
  walk(text, add_plain, [&](std::string_view name) {
    const Taken& taken = value_of(values, name);
    const std::string bare = bare_text(call, taken.json);
    out += encodes && !taken.is_secret ? percent_encoded(bare) : bare;
  });
  return out;
}

std::string fill_json(const sr::Call& call, const std::string& json, const Values& values) {
  switch (kind_of(json)) {
    case JsonKind::string: {
      const std::string text = bare_text(call, json);
      const std::string_view name = leading_name(text);
      const bool whole = !name.empty() && name.size() + 3 == text.size();
      return whole ? value_of(values, name).json : sr::json_string(fill_text(call, text, values));
    }
    case JsonKind::array: {
      sr::Json list = sr::Json::array();
      for (const std::string& item : json_items(json)) {
        list.push(sr::Json::raw(fill_json(call, item, values)));
      }
      return list.text();
    }
    case JsonKind::object: {
      sr::Json object = sr::Json::object();
      for (const auto& [name, value] : json_members(call, json)) {
        object.set(name, sr::Json::raw(fill_json(call, value, values)));
      }
      return object.text();
    }
    default:
      return json;
  }
}

}  // namespace http
