// The keys of a pipeline file: one table for each table of TOML. The reader checks against them,
// and whatever else must know the keys (schema, reference) is made from them.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace stagerun {

enum class KeyType {
  string,
  boolean,
  duration,  // a string such as 90s or 1h30m
  strings,
  scalar,  // a string, an integer or a boolean
  scalars,
  table,
  tables,  // [[name]]
};

struct KeySpec {
  std::string_view name;
  KeyType type = KeyType::string;
  bool required = false;
  std::span<const std::string_view> choices = {};  // where only these are right
  std::string_view summary = {};
};

inline constexpr std::array<std::string_view, 3> kInputTypes = {"string", "integer", "boolean"};
inline constexpr std::array<std::string_view, 3> kOnFailures = {"rollback", "stop", "continue"};
inline constexpr std::array<std::string_view, 3> kRollbackPolicies = {"auto", "manual", "never"};

inline constexpr auto kPipelineKeys = std::to_array<KeySpec>({
    {"name", KeyType::string, true, {}, "what this pipeline is called"},
    {"environment",
     KeyType::string,
     false,
     {},
     "where it goes live; with the name, what is locked"},
    {"description", KeyType::string, false, {}, "for people"},
    {"inputs", KeyType::table, false, {}, "what is given when a run starts: [inputs.NAME]"},
    {"stage", KeyType::tables, true, {}, "the stages, in order: [[stage]]"},
});

inline constexpr auto kInputKeys = std::to_array<KeySpec>({
    {"type", KeyType::string, false, kInputTypes, "string where it says nothing"},
    {"required", KeyType::boolean, false, {}, "no run starts without it"},
    {"default", KeyType::scalar, false, {}, "its value where none is given"},
    {"pattern", KeyType::string, false, {}, "a regular expression that a string must match"},
    {"choices", KeyType::scalars, false, {}, "the only values that are right"},
    {"description", KeyType::string, false, {}, "for people"},
});

inline constexpr auto kStageKeys = std::to_array<KeySpec>({
    {"name", KeyType::string, true, {}, "unique in the pipeline"},
    {"uses", KeyType::string, true, {}, "PLUGIN, or PLUGIN.STAGE where it offers several"},
    {"needs", KeyType::strings, false, {}, "the stages before this one; [] starts at once"},
    {"timeout", KeyType::duration, false, {}, "how long it may take"},
    {"on_failure", KeyType::string, false, kOnFailures, "what its failure does to the run"},
    {"rollback", KeyType::string, false, kRollbackPolicies, "when it is undone"},
    {"acknowledge_irreversible", KeyType::boolean, false, {}, "yes, it cannot be undone"},
    {"with", KeyType::table, false, {}, "the plugin's own configuration"},
});

}  // namespace stagerun
