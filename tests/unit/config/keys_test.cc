#include "core/config/keys.h"

#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/pattern.h"
#include "core/base/text.h"
#include "core/config/read_pipeline.h"

namespace stagerun {
namespace {

// What is wrong with a pipeline, by its codes; and the pipeline.
std::vector<std::string> codes(const std::string& text, Pipeline* pipeline = nullptr) {
  Diagnostics diagnostics;
  const auto read = read_pipeline({"p.toml", text}, diagnostics);
  if (read && pipeline != nullptr) *pipeline = *read;
  std::vector<std::string> found;
  for (const Diagnostic& diagnostic : diagnostics) found.push_back(diagnostic.code);
  return found;
}

const KeySpec& key(std::span<const KeySpec> keys, std::string_view name) {
  for (const KeySpec& each : keys) {
    if (each.name == name) return each;
  }
  ADD_FAILURE() << "there is no key " << name;
  return keys.front();
}

// `name = default` for each of the keys that has one.
std::string defaults_of(std::span<const KeySpec> keys) {
  std::string lines;
  for (const KeySpec& each : keys) {
    if (each.fallback.empty()) continue;
    const bool is_bare = each.type == KeyType::boolean || each.type == KeyType::integer;
    const std::string quote = is_bare ? "" : "\"";
    lines += std::string(each.name) + " = " + quote + std::string(each.fallback) + quote + "\n";
  }
  return lines;
}

const std::string kFile = "name = \"x\"\n";
const std::string kStage = "[[stage]]\nname = \"a\"\nuses = \"e\"\n";

TEST(Keys, WhatTheySayIsTheDefaultIsWhatTheReaderTakes) {
  const std::string retry = "[stage.retry]\nattempts = 2\n";
  Pipeline silent;
  Pipeline said;
  EXPECT_EQ(codes(kFile + "[inputs.v]\n" + kStage + retry, &silent), std::vector<std::string>());
  EXPECT_EQ(codes(kFile + "[inputs.v]\n" + defaults_of(kInputKeys) + kStage +
                      defaults_of(kStageKeys) + retry + defaults_of(kRetryKeys),
                  &said),
            std::vector<std::string>());
  const InputSpec& input = silent.inputs.at(0);
  EXPECT_EQ(input.type, said.inputs.at(0).type);
  EXPECT_EQ(input.required, said.inputs.at(0).required);
  const StageSpec& a = silent.stages.at(0);
  const StageSpec& b = said.stages.at(0);
  EXPECT_EQ(a.timeout_ms, b.timeout_ms);
  EXPECT_EQ(a.on_failure, b.on_failure);
  EXPECT_EQ(a.rollback, b.rollback);
  EXPECT_EQ(a.acknowledge_irreversible, b.acknowledge_irreversible);
  EXPECT_EQ(a.retry.backoff_ms, b.retry.backoff_ms);
  EXPECT_EQ(a.retry.max_backoff_ms, b.retry.max_backoff_ms);
}

TEST(Keys, WhatAnAnswerDoesNotSayIsTheDefault) {
  Pipeline said;
  EXPECT_EQ(codes(kFile + "[rehearse.\"GET http://a\"]\n" + defaults_of(kRequestAnswerKeys) +
                      "[rehearse.\"npm ci\"]\n" + defaults_of(kCommandAnswerKeys) + kStage,
                  &said),
            std::vector<std::string>());
  ASSERT_EQ(said.rehearse.answers.size(), 2u);
  EXPECT_EQ(said.rehearse.answers[0].status, RehearsedAnswer{}.status);
  EXPECT_EQ(said.rehearse.answers[1].exit, RehearsedAnswer{}.exit);
}

TEST(Keys, EachDefaultIsOneOfItsChoicesOrOfItsType) {
  const auto look = [](auto&& self, std::span<const KeySpec> keys) -> void {
    for (const KeySpec& each : keys) {
      self(self, each.keys);
      self(self, each.open_keys);
      if (each.fallback.empty()) continue;
      const auto& choices = each.choices;
      const bool is_choice =
          std::find(choices.begin(), choices.end(), each.fallback) != choices.end();
      const bool is_integer =
          each.type == KeyType::integer &&
          each.fallback == std::to_string(std::stol(std::string(each.fallback)));
      EXPECT_TRUE(is_choice || is_integer || each.fallback == "false" ||
                  parse_duration_ms(each.fallback).has_value())
          << each.name;
    }
  };
  look(look, kPipelineKeys);
}

TEST(Keys, WhatTheySayIsTheFormIsWhatTheReaderAsks) {
  struct Case {
    std::string_view form;
    std::string before, after, code;
  };
  const auto form = [](std::span<const KeySpec> keys, std::string_view name) {
    EXPECT_FALSE(key(keys, name).form_words.empty()) << name;
    return key(keys, name).form;
  };
  const std::vector<Case> cases = {
      {form(kPipelineKeys, "name"), "name = ", "\n" + kStage, "pipeline.label"},
      {form(kPipelineKeys, "environment"), kFile + "environment = ", "\n" + kStage,
       "pipeline.label"},
      {form(kPipelineKeys, "env"), kFile + "env = [", "]\n" + kStage, "env.name"},
      {form(kPipelineKeys, "inputs"), kFile + "[inputs]\n", " = { default = \"\" }\n" + kStage,
       "input.name"},
      {form(kPipelineKeys, "secrets"), kFile + "[secrets]\n", " = { env = \"X\" }\n" + kStage,
       "secret.name"},
      {form(kPipelineKeys, "environments"), kFile + kStage + "[environments]\n", " = {}\n",
       "environment.name"},
      {form(kSecretKeys, "env"), kFile + kStage + "[secrets]\nS = { env = ", " }",
       "secret.variable"},
      {form(kSecretKeys, "file"), kFile + kStage + "[secrets]\nS = { file = ", " }", "secret.file"},
      {form(kStateKeys, "store"), kFile + kStage + "[state]\nstore = ", "\n", "state.store"},
      {form(kStageKeys, "name"), kFile + "[[stage]]\nuses = \"e\"\nname = ", "\n", "stage.name"},
  };
  const std::vector<std::string> words = {"",
                                          "a",
                                          "A",
                                          "0",
                                          "_a",
                                          "-a",
                                          "a-b",
                                          "a_b",
                                          "a b",
                                          "a.b",
                                          " ",
                                          "\\t",
                                          "\\u0001",
                                          "dir:",
                                          "dir:x",
                                          "git:x",
                                          std::string(64, 'a'),
                                          std::string(65, 'a'),
                                          "A9",
                                          "\\u007f",
                                          "a\\nb"};
  for (const Case& each : cases) {
    // Ours goes by bytes, and knows no range that ends above the ASCII characters.
    std::string by_bytes(each.form);
    const std::size_t above = by_bytes.find("-\\u009f");
    if (above != std::string::npos) by_bytes.erase(above, std::strlen("-\\u009f"));
    const Pattern pattern(by_bytes);
    ASSERT_TRUE(pattern.is_valid()) << each.form;
    for (const std::string& word : words) {
      const auto found = codes(each.before + "\"" + word + "\"" + each.after);
      const bool is_refused = std::find(found.begin(), found.end(), each.code) != found.end();
      std::string text = word;
      if (word[0] == '\\') text = word == "\\t" ? "\t" : word == "\\u0001" ? "\x01" : "\x7f";
      if (word == "a\\nb") text = "a\nb";
      EXPECT_NE(pattern.is_found_in(text), is_refused) << each.code << " of `" << word << "`";
    }
  }
}

}  // namespace
}  // namespace stagerun
