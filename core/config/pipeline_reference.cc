#include "core/config/pipeline_reference.h"

#include <vector>

#include <fmt/format.h>

#include "core/config/keys.h"

namespace stagerun {
namespace {

constexpr const char* kHead =
    "# Every key of a pipeline file\n"
    "\n"
    "Made by `stagerun schema --format markdown`; do not edit it. What the keys are for, and how "
    "they "
    "work together:\n"
    "`docs/pipeline.md`. All of them in one file: `pipelines/reference.toml`. The keys of `with` "
    "are "
    "each plugin's own:\n"
    "`docs/plugins/`. A key that stands in no table is an error.\n";

const char* type_word(KeyType type) {
  switch (type) {
    case KeyType::string:
      return "string";
    case KeyType::boolean:
      return "boolean";
    case KeyType::integer:
      return "integer";
    case KeyType::duration:
      return "duration";
    case KeyType::strings:
      return "array of strings";
    case KeyType::scalar:
      return "string, integer or boolean";
    case KeyType::scalars:
      return "array of strings, integers or booleans";
    case KeyType::expression:
      return "expression";
    case KeyType::any:
      return "anything";
    case KeyType::table:
      return "table";
    case KeyType::named_tables:
      return "tables by name";
    case KeyType::tables:
      return "array of tables";
  }
  return "";
}

std::string type_of(const KeySpec& key) {
  if (!key.values) return type_word(key.type);
  return fmt::format("table; each value: {}", type_word(*key.values));
}

std::string longest(std::int64_t most_ms) {
  constexpr std::int64_t kHour = 3'600'000;
  constexpr std::int64_t kDay = 24 * kHour;
  if (most_ms % kDay == 0) return fmt::format("at most {}d", most_ms / kDay);
  return fmt::format("at most {}h", most_ms / kHour);
}

// Choices, bounds and form.
std::string limits_of(const KeySpec& key) {
  std::vector<std::string> words;
  if (!key.choices.empty()) words.push_back(fmt::format("`{}`", fmt::join(key.choices, "` `")));
  if (key.type == KeyType::integer) words.push_back(fmt::format("{} to {}", key.least, key.most));
  if (key.type == KeyType::duration) words.push_back(longest(key.most));
  if (!key.form_words.empty()) {
    words.push_back((key.type == KeyType::named_tables ? "NAME: " : "") +
                    std::string(key.form_words));
  }
  if (key.filled) words.emplace_back("at least one");
  if (key.unique) words.emplace_back("none twice");
  if (key.one_key) words.emplace_back("exactly one of its keys");
  return fmt::format("{}", fmt::join(words, "; "));
}

std::string default_of(const KeySpec& key) {
  if (key.required) return "required";
  return key.fallback.empty() ? "" : fmt::format("`{}`", key.fallback);
}

void write_rows(std::span<const KeySpec> keys, std::string& out) {
  for (const KeySpec& key : keys) {
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, type_of(key), default_of(key),
                       limits_of(key), key.summary);
  }
}

void write_table(const std::string& title, std::span<const KeySpec> keys, std::string& out) {
  out += fmt::format(
      "\n## {}\n\n| key | type | default | choices and limits | meaning |\n| --- | --- | --- | --- "
      "| --- "
      "|\n",
      title);
  write_rows(keys, out);
}

// `path`: what the header of the table that holds these keys says, without brackets.
void write_tables(const std::string& path, std::span<const KeySpec> keys, std::string& out) {
  for (const KeySpec& key : keys) {
    if (key.keys.empty()) continue;
    // A stage's `retry` is the one of [defaults], and so are its keys.
    if (path == "defaults") continue;
    const bool is_named = key.type == KeyType::named_tables;
    const std::string name = (path.empty() ? "" : path + ".") + std::string(key.name);
    const std::string header = name + (is_named ? ".NAME" : "");
    const bool is_array = key.type == KeyType::tables;
    write_table(is_array ? fmt::format("[[{}]]", header) : fmt::format("[{}]", header), key.keys,
                out);
    write_rows(key.open_keys, out);
    write_tables(name, key.keys, out);
    write_tables(name, key.open_keys, out);
  }
}

}  // namespace

std::string pipeline_reference() {
  std::string out = kHead;
  write_table("The file", kPipelineKeys, out);
  write_tables("", kPipelineKeys, out);
  out +=
      "\nA duration is a string such as `250ms`, `90s`, `10m`, `1h30m` or `2d`. An expression is "
      "described in\n`docs/pipeline.md`.\n";
  return out;
}

}  // namespace stagerun
