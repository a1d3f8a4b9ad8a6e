// env.check: holds stagerun's own environment, dotenv files, granted secrets and the tools at hand
// against rules. Only ever reads, and never learns a value.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include <stagerun/stagerun.hpp>

namespace env {

namespace detail {

// Texts one after the other, made when this is compiled.
template <const std::string_view&... kParts>
inline constexpr auto kJoined = [] {
  std::array<char, (kParts.size() + ... + 1)> text{};
  auto end = text.begin();
  ((end = std::copy(kParts.begin(), kParts.end(), end)), ...);
  return text;
}();

inline constexpr std::string_view kHead = R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "dotenv": {"type": "string"},
    "early": {"type": "boolean"},
    "present": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
    "variables": {"type": "object", "additionalProperties":
      {"type": "object", "additionalProperties": false,
       "properties": {"present": {"const": true}, "absent": {"const": true}, )";
inline constexpr std::string_view kSecrets = R"(}}},
    "secrets": {"type": "array", "items":
      {"type": "object", "required": ["name", "value"], "additionalProperties": false,
       "properties": {"name": {"type": "string", "minLength": 1}, "value": {"type": "string"}, )";
inline constexpr std::string_view kTools = R"(}}},
    "tools": {"type": "array", "items":
      {"type": "object", "required": ["run"], "additionalProperties": false,
       "properties": {"run": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                      "version": {"type": "string"}}}}}})";

// What may be asked of a value; the same of a variable and of a secret.
inline constexpr std::string_view kRules =
    R"("optional": {"type": "boolean"}, "not_placeholder": {"type": "boolean"},
       "min_len": {"type": "integer", "minimum": 0}, "max_len": {"type": "integer", "minimum": 0},
       "prefix": {"type": "string"}, "equals": {"type": "string"}, "regex": {"type": "string"},
       "one_of": {"type": "array", "minItems": 1, "items": {"type": "string"}})";
inline constexpr std::string_view kHost = R"(, "url_host": )";
inline constexpr std::string_view kScheme = R"(, "url_scheme": )";
inline constexpr std::string_view kTexts =
    R"({"anyOf": [{"type": "string"},
                  {"type": "array", "minItems": 1, "items": {"type": "string"}}]})";
inline constexpr std::string_view kSame = R"(, "same_as": )";
inline constexpr std::string_view kDiffer = R"(, "must_differ_from": {"anyOf": [)";
inline constexpr std::string_view kOrList = R"(, {"type": "array", "minItems": 1, "items": )";
inline constexpr std::string_view kEnd = "}]}";
inline constexpr std::string_view kOther =
    R"({"anyOf": [{"type": "string"},
         {"type": "object", "required": ["env"], "additionalProperties": false,
          "properties": {"env": {"type": "string"}}},
         {"type": "object", "required": ["dotenv"], "additionalProperties": false,
          "properties": {"dotenv": {"type": "string"}, "name": {"type": "string"}}}]})";

inline constexpr auto kAllRules = kJoined<kRules, kHost, kTexts, kScheme, kTexts, kSame, kOther,
                                          kDiffer, kOther, kOrList, kOther, kEnd>;
inline constexpr std::string_view kRuleText(kAllRules.data(), kAllRules.size() - 1);

inline constexpr auto kSchema = kJoined<kHead, kRuleText, kSecrets, kRuleText, kTools>;

}  // namespace detail

struct Check {
  static constexpr sr::Info info{
      .name = "env.check",
      .version = "1.0.0",
      .summary = "Checks variables, dotenv files, secrets and tools, without showing a value.",
      .schema = detail::kSchema.data(),
      .outputs = R"({"type": "object", "properties": {"checks": {"type": "integer"}}})",
      .manifest = R"({
  "effects": ["secret/1", "process/1"],
  "reads": [{"config": "/tools/*/run"}],
  "variables": [{"config": "/present"}, {"config": "/variables"},
                {"config": "/variables/*/same_as/env"},
                {"config": "/variables/*/must_differ_from/env"},
                {"config": "/variables/*/must_differ_from/*/env"},
                {"config": "/secrets/*/same_as/env"},
                {"config": "/secrets/*/must_differ_from/env"},
                {"config": "/secrets/*/must_differ_from/*/env"}]})",
      .flags = SR_READS_ONLY,
  };

  void validate(sr::Call& call);
  void plan(sr::Call& call);
  void apply(sr::Call& call);
};

}  // namespace env
