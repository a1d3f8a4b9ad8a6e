#include "core/plan/schema_values.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/plan/hint.h"

namespace stagerun {
namespace {

constexpr std::size_t kShownBytes = 60;

std::vector<std::string> types_of(const Value& schema) {
  const Value* type = schema.find("type");
  if (type == nullptr) return {};
  if (type->text() != nullptr) return {*type->text()};
  std::vector<std::string> types;
  if (type->items() == nullptr) return types;
  for (const Value& each : *type->items()) {
    if (each.text() != nullptr) types.push_back(*each.text());
  }
  return types;
}

std::optional<double> as_number(const Value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto* integer = value->integer()) return static_cast<double>(*integer);
  if (const auto* number = value->number()) return *number;
  return std::nullopt;
}

// Integers are compared as such: a double cannot tell large ones apart.
int compare(const Value& a, const Value& b) {
  if (a.integer() != nullptr && b.integer() != nullptr) {
    return *a.integer() < *b.integer() ? -1 : *a.integer() > *b.integer() ? 1 : 0;
  }
  const double left = as_number(&a).value_or(0);
  const double right = as_number(&b).value_or(0);
  return left < right ? -1 : left > right ? 1 : 0;
}

}  // namespace

std::string describe_type(std::string_view type) {
  if (type == "object") return "a table";
  const bool vowel = !type.empty() && std::string_view("aeiou").find(type[0]) != std::string::npos;
  return fmt::format("{} {}", vowel ? "an" : "a", type);
}

bool allows_type(const Value& value, const Value& schema) {
  const auto types = types_of(schema);
  const std::string_view own = value.type_name();
  return types.empty() || std::any_of(types.begin(), types.end(), [own](const std::string& type) {
           return type == own || (type == "number" && own == "integer");
         });
}

Types types_in(const Value& schema) {
  const auto names = types_of(schema);
  if (names.empty()) return type_any;
  Types types = 0;
  for (const std::string& name : names) types = static_cast<Types>(types | type_named(name));
  return types;
}

bool allows_types(Types types, const Value& schema) {
  Types wanted = types_in(schema);
  // A number may turn out to be whole, and an integer is a number.
  if ((wanted & type_numeric) != 0) wanted = static_cast<Types>(wanted | type_numeric);
  return (types & wanted) != 0;
}

std::string wanted_types(const Value& schema) {
  std::vector<std::string> types;
  for (const std::string& type : types_of(schema)) types.push_back(describe_type(type));
  return fmt::format("{}", fmt::join(types, " or "));
}

std::optional<std::string> number_problem(const Value& value, const Value& schema) {
  if (!as_number(&value)) return std::nullopt;
  struct Bound {
    const char* keyword;
    int most;  // how the value may compare at the far end
    int sign;
    const char* words;
  };
  static constexpr Bound kBounds[] = {{"minimum", 0, -1, "at least"},
                                      {"maximum", 0, 1, "at most"},
                                      {"exclusiveMinimum", -1, -1, "more than"},
                                      {"exclusiveMaximum", -1, 1, "less than"}};
  for (const Bound& bound : kBounds) {
    const Value* limit = schema.find(bound.keyword);
    if (!as_number(limit) || compare(value, *limit) * bound.sign <= bound.most) continue;
    return fmt::format("{} {}; it is {}", bound.words, render_json(*limit), render_json(value));
  }
  return std::nullopt;
}

std::optional<std::string> count_problem(const Value& schema, const std::string& what,
                                         std::size_t count, const char* noun) {
  const auto has = static_cast<std::int64_t>(count);
  const std::int64_t least = schema.integer_or("min" + what, 0);
  const std::int64_t most = schema.integer_or("max" + what, INT64_MAX);
  if (has >= least && has <= most) return std::nullopt;
  const std::int64_t limit = has < least ? least : most;
  return fmt::format("at {} {} {}{}; it has {}", has < least ? "least" : "most", limit, noun,
                     limit == 1 ? "" : "s", has);
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string show_whole(const Value& value) { return render_json(value); }

std::string show(const Value& value) {
  const std::string text = value.text() != nullptr ? *value.text() : render_json(value);
  const bool cut = text.size() > kShownBytes;
  return fmt::format("`{}{}`", printable(text.substr(0, kShownBytes)), cut ? "..." : "");
}

std::string enum_hint(const Value& value, const std::vector<Value>& choices) {
  std::vector<std::string> words;
  words.reserve(choices.size());
  for (const Value& choice : choices) {
    words.push_back(choice.text() != nullptr ? *choice.text() : render_json(choice));
  }
  return hint_for(value.text() != nullptr ? *value.text() : render_json(value), words, {});
}

std::vector<std::string> keys_of(const Value* object) {
  std::vector<std::string> keys;
  if (object == nullptr || object->members() == nullptr) return keys;
  for (const auto& [key, value] : *object->members()) keys.push_back(key);
  return keys;
}

std::string summary_of(const Value& schema, const std::string& key) {
  const Value* properties = schema.find("properties");
  const Value* property = properties != nullptr ? properties->find(key) : nullptr;
  return property != nullptr ? printable(property->text_or("description")) : "";
}

}  // namespace stagerun
