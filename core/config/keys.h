// The keys of a pipeline file: one table for each table of TOML. The reader checks against them,
// and whatever else must know the keys (schema, reference) is made from them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/limits.h"

namespace stagerun {

enum class KeyType {
  string,
  boolean,
  integer,
  duration,  // a string such as 90s or 1h30m
  strings,
  scalar,  // a string, an integer or a boolean
  scalars,
  expression,    // a string: an expression without ${{ }}
  table,         // with `keys`, or of anything where it has none
  named_tables,  // [name.NAME]: a table of tables with `keys`
  tables,        // [[name]]
};

struct KeySpec {
  std::string_view name;
  KeyType type = KeyType::string;
  std::string_view summary = {};
  bool required = false;
  std::span<const std::string_view> choices = {};  // where only these are right
  std::span<const KeySpec> keys = {};              // of a table, of tables and of named tables
  std::int64_t most = INT64_MAX;                   // of an integer, or of a duration in ms
  bool shared = false;                             // [defaults] may hold it too
};

inline constexpr std::array<std::string_view, 3> kInputTypes = {"string", "integer", "boolean"};
inline constexpr std::array<std::string_view, 3> kOnFailures = {"rollback", "stop", "continue"};
inline constexpr std::array<std::string_view, 4> kRollbackPolicies = {"auto", "manual", "never",
                                                                      "always"};

inline constexpr auto kInputKeys = std::to_array<KeySpec>({
    {.name = "type", .summary = "string where it says nothing", .choices = kInputTypes},
    {.name = "required", .type = KeyType::boolean, .summary = "no run starts without it"},
    {.name = "default", .type = KeyType::scalar, .summary = "its value where none is given"},
    {.name = "pattern", .summary = "a regular expression that a string must match"},
    {.name = "choices", .type = KeyType::scalars, .summary = "the only values that are right"},
    {.name = "description", .summary = "for people"},
});

// Exactly one of these.
inline constexpr auto kSecretKeys = std::to_array<KeySpec>({
    {.name = "env", .summary = "the variable of stagerun's environment that holds it"},
    {.name = "file", .summary = "the file that holds it"},
    {.name = "command", .type = KeyType::strings, .summary = "the program that prints it"},
});

inline constexpr auto kStateKeys = std::to_array<KeySpec>({
    {.name = "store", .summary = "where runs are kept: dir:FOLDER", .required = true},
});

inline constexpr auto kRetryKeys = std::to_array<KeySpec>({
    {.name = "attempts",
     .type = KeyType::integer,
     .summary = "how often it is tried in all",
     .required = true,
     .most = limits::kRetryAttempts},
    {.name = "backoff",
     .type = KeyType::duration,
     .summary = "the first pause, doubled each time; 1s where it says nothing",
     .most = limits::kRetryPauseMax},
    {.name = "max_backoff",
     .type = KeyType::duration,
     .summary = "the longest pause; 30s where it says nothing",
     .most = limits::kRetryPauseMax},
});

inline constexpr auto kStageKeys = std::to_array<KeySpec>({
    {.name = "name", .summary = "unique in the pipeline", .required = true},
    {.name = "uses",
     .summary = "PLUGIN, or PLUGIN.STAGE where it offers several",
     .required = true},
    {.name = "needs",
     .type = KeyType::strings,
     .summary = "the stages before this one; [] starts at once"},
    {.name = "if", .type = KeyType::expression, .summary = "it is skipped where this is false"},
    {.name = "secrets", .type = KeyType::strings, .summary = "those that it may use"},
    {.name = "timeout",
     .type = KeyType::duration,
     .summary = "how long it may take; 10m where it says nothing",
     .most = limits::kTimeoutMax,
     .shared = true},
    {.name = "rollback_timeout",
     .type = KeyType::duration,
     .summary = "how long its rollback may take; its timeout where it says nothing",
     .most = limits::kTimeoutMax,
     .shared = true},
    {.name = "retry",
     .type = KeyType::table,
     .summary = "when it is tried again by itself",
     .keys = kRetryKeys,
     .shared = true},
    {.name = "on_failure",
     .summary = "what its failure does to the run",
     .choices = kOnFailures,
     .shared = true},
    {.name = "rollback",
     .summary = "when it is undone",
     .choices = kRollbackPolicies,
     .shared = true},
    {.name = "acknowledge_irreversible",
     .type = KeyType::boolean,
     .summary = "yes, it cannot be undone"},
    {.name = "with", .type = KeyType::table, .summary = "the plugin's own configuration"},
});

inline constexpr auto kDefaultsKeys = [] {
  constexpr auto kCount = std::count_if(kStageKeys.begin(), kStageKeys.end(),
                                        [](const KeySpec& key) { return key.shared; });
  std::array<KeySpec, kCount> keys{};
  std::copy_if(kStageKeys.begin(), kStageKeys.end(), keys.begin(),
               [](const KeySpec& key) { return key.shared; });
  return keys;
}();

inline constexpr auto kEnvironmentKeys = std::to_array<KeySpec>({
    {.name = "inputs", .type = KeyType::table, .summary = "other defaults: NAME = value"},
    {.name = "with", .type = KeyType::table, .summary = "by stage: what is merged into its `with`"},
    {.name = "without", .type = KeyType::strings, .summary = "the stages that are left out"},
});

inline constexpr auto kPipelineKeys = std::to_array<KeySpec>({
    {.name = "name", .summary = "what this pipeline is called", .required = true},
    {.name = "environment", .summary = "where it goes live; with the name, what is locked"},
    {.name = "description", .summary = "for people"},
    {.name = "env",
     .type = KeyType::strings,
     .summary = "the variables of stagerun's environment that expressions may name"},
    {.name = "inputs",
     .type = KeyType::named_tables,
     .summary = "what is given when a run starts: [inputs.NAME]",
     .keys = kInputKeys},
    {.name = "secrets",
     .type = KeyType::named_tables,
     .summary = "where secrets come from: NAME = { env = \"NAME\" }",
     .keys = kSecretKeys},
    {.name = "defaults",
     .type = KeyType::table,
     .summary = "what stages have that do not say otherwise",
     .keys = kDefaultsKeys},
    {.name = "state", .type = KeyType::table, .summary = "where runs are kept", .keys = kStateKeys},
    {.name = "environments",
     .type = KeyType::named_tables,
     .summary = "what differs in an environment: [environments.NAME]",
     .keys = kEnvironmentKeys},
    {.name = "stage",
     .type = KeyType::tables,
     .summary = "the stages, in order: [[stage]]",
     .required = true,
     .keys = kStageKeys},
});

}  // namespace stagerun
