#include "core/config/table_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

const char* describe(KeyType type) {
  switch (type) {
    case KeyType::string:
    case KeyType::expression:
      return "a string";
    case KeyType::boolean:
      return "true or false";
    case KeyType::integer:
      return "an integer";
    case KeyType::duration:
      return "a duration";
    case KeyType::strings:
      return "an array of strings";
    case KeyType::scalar:
      return "a string, an integer or a boolean";
    case KeyType::scalars:
      return "an array of strings, integers or booleans";
    case KeyType::any:
      return "anything";
    case KeyType::table:
    case KeyType::named_tables:
      return "a table";
    case KeyType::tables:
      return "an array of tables";
  }
  return "";
}

// What fits one value of the type, or one item where the type is an array.
bool fits(const Node& node, KeyType type) {
  switch (type) {
    case KeyType::string:
    case KeyType::strings:
    case KeyType::duration:
    case KeyType::expression:
      return node.text() != nullptr;
    case KeyType::integer:
      return node.integer() != nullptr;
    case KeyType::boolean:
      return node.boolean() != nullptr;
    case KeyType::scalar:
    case KeyType::scalars:
      return node.text() != nullptr || node.integer() != nullptr || node.boolean() != nullptr;
    case KeyType::any:
      return true;
    case KeyType::table:
    case KeyType::named_tables:
    case KeyType::tables:
      return node.members() != nullptr;
  }
  return false;
}

// Every node inside `node`, or itself, that keeps it from being of the type.
std::vector<const Node*> mismatches(const Node& node, KeyType type) {
  const bool is_array =
      type == KeyType::strings || type == KeyType::scalars || type == KeyType::tables;
  std::vector<const Node*> wrong;
  if (!is_array || node.items() == nullptr) {
    if (is_array || !fits(node, type)) wrong.push_back(&node);
    return wrong;
  }
  for (const Node& item : *node.items()) {
    if (!fits(item, type)) wrong.push_back(&item);
  }
  return wrong;
}

std::string type_hint(const KeySpec& key) {
  if (key.type == KeyType::duration) return "write it like \"90s\", \"10m\" or \"1h30m\"";
  if (key.type == KeyType::tables) return fmt::format("write [[{}]]", key.name);
  return "";
}

std::string limit_of(const KeySpec& key) {
  constexpr std::int64_t kDay = 86'400'000;
  if (key.most % kDay == 0) return fmt::format("the limit is {} days", key.most / kDay);
  return fmt::format("the limit is {} minutes", key.most / 60'000);
}

// Text empty where the value is right.
Diagnostic duration_problem(const KeySpec& key, const std::string& text) {
  const auto duration = parse_duration_ms(text);
  if (!duration) {
    return {
        "duration.form", {}, fmt::format("`{}` is no duration", printable(text)), type_hint(key)};
  }
  if (*duration <= 0) {
    return {"duration.zero", {}, fmt::format("`{}` must be more than 0", key.name), ""};
  }
  if (*duration > key.most) {
    return {"duration.limit", {}, fmt::format("`{}` is too long", key.name), limit_of(key)};
  }
  return {};
}

Diagnostic value_problem(const KeySpec& key, const Node& value) {
  if (key.type == KeyType::duration) return duration_problem(key, *value.text());
  if (key.type == KeyType::integer &&
      (*value.integer() < key.least || *value.integer() > key.most)) {
    return {"integer.range",
            {},
            fmt::format("`{}` cannot be {}", key.name, *value.integer()),
            fmt::format("{} to {}", key.least, key.most)};
  }
  const auto& choices = key.choices;
  if (choices.empty() ||
      std::find(choices.begin(), choices.end(), *value.text()) != choices.end()) {
    return {};
  }
  return {"key.choice",
          {},
          fmt::format("`{}` cannot be `{}`", key.name, printable(*value.text())),
          fmt::format("one of: {}", fmt::join(choices, ", "))};
}

std::vector<std::string> names_of(std::span<const KeySpec> keys) {
  std::vector<std::string> names;
  for (const KeySpec& key : keys) names.emplace_back(key.name);
  return names;
}

}  // namespace

TableReader::TableReader(const Node& table, std::span<const KeySpec> keys, const std::string& where,
                         const Span& place, Diagnostics& diagnostics) {
  for (const Member& member : *table.members()) check_member(member, keys, where, diagnostics);
  for (const KeySpec& key : keys) {
    // One that is only misspelt has been told of.
    const bool is_told = wrong_.contains(std::string(key.name));
    if (!key.required || is_told || table.find(key.name) != nullptr) continue;
    wrong_.emplace(key.name);
    diagnostics.push_back(
        {"key.missing", place, fmt::format("`{}` is missing in {}", key.name, where),
         key.type == KeyType::tables ? type_hint(key)
                                     : fmt::format("add `{}`: {}", key.name, key.summary)});
  }
}

void TableReader::check_member(const Member& member, std::span<const KeySpec> keys,
                               const std::string& where, Diagnostics& diagnostics) {
  const auto key = std::find_if(keys.begin(), keys.end(), [&member](const KeySpec& candidate) {
    return candidate.name == member.key;
  });
  if (key == keys.end()) {
    const auto names = names_of(keys);
    wrong_.insert(nearest(member.key, names).value_or(member.key));
    diagnostics.push_back({"key.unknown", member.key_span,
                           fmt::format("unknown key `{}` in {}", printable(member.key), where),
                           suggestion(member.key, names)});
    return;
  }
  const auto misfits = mismatches(member.value, key->type);
  for (const Node* node : misfits) {
    const bool is_table = node == &member.value && node->members() != nullptr;
    diagnostics.push_back({"key.type", is_table ? member.key_span : node->span,
                           fmt::format("`{}` in {} must be {}; this is {}", key->name, where,
                                       describe(key->type), node->describe()),
                           type_hint(*key)});
  }
  if (!misfits.empty()) {
    wrong_.emplace(key->name);
    return;
  }
  Diagnostic problem = value_problem(*key, member.value);
  if (problem.text.empty()) {
    valid_[key->name] = &member;
    return;
  }
  wrong_.emplace(key->name);
  problem.span = member.value.span;
  problem.text += fmt::format(" in {}", where);
  diagnostics.push_back(std::move(problem));
}

const Member* TableReader::find(std::string_view key) const {
  const auto found = valid_.find(key);
  return found == valid_.end() ? nullptr : found->second;
}

std::string TableReader::text_or(std::string_view key, std::string_view fallback) const {
  const Member* member = find(key);
  return member != nullptr ? *member->value.text() : std::string(fallback);
}

std::optional<std::int64_t> TableReader::duration_ms(std::string_view key) const {
  const Member* member = find(key);
  if (member == nullptr) return std::nullopt;
  return parse_duration_ms(*member->value.text());
}

bool TableReader::boolean_or(std::string_view key, bool fallback) const {
  const Member* member = find(key);
  return member != nullptr ? *member->value.boolean() : fallback;
}

}  // namespace stagerun
