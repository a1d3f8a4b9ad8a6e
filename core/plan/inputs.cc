#include "core/plan/inputs.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/pattern.h"
#include "core/base/text.h"
#include "core/plan/hint.h"

namespace stagerun {
namespace {

constexpr std::size_t kShownValue = 60;

std::string shown(const std::string& text) {
  const bool cut = text.size() > kShownValue;
  return printable(text.substr(0, kShownValue)) + (cut ? "..." : "");
}

std::optional<Value> parse_integer(const std::string& text) {
  std::int64_t integer = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, integer);
  if (error != std::errc() || stop != end) return std::nullopt;
  return Value(integer);
}

std::optional<Value> parse_value(const std::string& type, const std::string& text) {
  if (type == "integer") return parse_integer(text);
  if (type == "string") return is_utf8(text) ? std::optional(Value(text)) : std::nullopt;
  if (text == "true") return Value(true);
  if (text == "false") return Value(false);
  return std::nullopt;
}

std::string type_hint(const std::string& type) {
  if (type == "boolean") return "give true or false";
  if (type == "integer") return "give a whole number of at most 64 bits";
  return "give text in UTF-8";
}

std::string list(const std::vector<Value>& choices) {
  std::vector<std::string> words;
  words.reserve(choices.size());
  for (const Value& choice : choices) {
    words.push_back(choice.text() != nullptr ? printable(*choice.text()) : render_json(choice));
  }
  return fmt::format("one of: {}", fmt::join(words, ", "));
}

// Empty where the text is a value of the input, which then stands in `value`.
Diagnostic problem_with(const InputSpec& input, const std::string& text, Value& value) {
  const std::string said = fmt::format("-i {}={}", input.name, shown(text));
  const auto parsed = parse_value(input.type, text);
  if (!parsed)
    return {"input.given_type",
            {},
            fmt::format("{}: not of type {}", said, input.type),
            type_hint(input.type)};
  value = *parsed;
  const auto& choices = input.choices;
  if (!choices.empty() && std::find(choices.begin(), choices.end(), value) == choices.end()) {
    return {"input.given_choice", {}, fmt::format("{}: none of the choices", said), list(choices)};
  }
  if (input.pattern.empty()) return {};
  if (text.size() > limits::kPatternTextBytes) {
    return {"input.given_long",
            {},
            fmt::format("{}: too long to hold against a pattern", said),
            fmt::format("the limit is {} bytes", limits::kPatternTextBytes)};
  }
  if (Pattern(input.pattern).is_found_in(text)) return {};
  return {"input.given_pattern",
          {},
          fmt::format("{}: does not match the input's pattern", said),
          fmt::format("it must match {}", printable(input.pattern))};
}

}  // namespace

Value check_inputs(const Pipeline& pipeline, const std::map<std::string, std::string>& given,
                   Diagnostics& diagnostics) {
  Value::Object values;
  std::vector<std::string> names;
  for (const InputSpec& input : pipeline.inputs) {
    names.push_back(input.name);
    if (input.is_broken) continue;
    const auto text = given.find(input.name);
    if (text == given.end()) {
      if (input.fallback) values.emplace_back(input.name, *input.fallback);
      if (!input.required || input.fallback) continue;
      diagnostics.push_back({"input.missing", input.span,
                             fmt::format("input `{}` has no value", input.name),
                             fmt::format("give it with -i {}=...", input.name)});
      continue;
    }
    Value value;
    Diagnostic problem = problem_with(input, text->second, value);
    if (problem.text.empty()) {
      values.emplace_back(input.name, std::move(value));
    } else {
      diagnostics.push_back(std::move(problem));
    }
  }
  if (pipeline.unread.count("inputs") != 0) return Value(std::move(values));
  for (const auto& [name, text] : given) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    diagnostics.push_back({"input.given_unknown",
                           {},
                           fmt::format("-i {}: the pipeline has no such input", shown(name)),
                           hint_for(name, names, diagnostics)});
  }
  return Value(std::move(values));
}

}  // namespace stagerun
