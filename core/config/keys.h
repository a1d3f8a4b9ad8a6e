// The keys of a pipeline file: one table for each table of TOML. The reader checks against them,
// and whatever else must know the keys (schema, reference) is made from them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
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
  expression,  // a string: an expression without ${{ }}
  any,
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
  std::int64_t least = 1;                          // of an integer
  std::int64_t most = INT64_MAX;                   // of an integer, or of a duration in ms
  bool shared = false;                             // [defaults] may hold it too

  // What the reader holds a value against by itself; said here for the schema and the reference.
  std::string_view fallback = {};      // what the reader takes where it is absent
  std::string_view form = {};          // a pattern: of the text, of each item, of each NAME
  std::string_view form_words = {};    // the same for people
  std::optional<KeyType> values = {};  // of a table without `keys`: of each of its values
  bool unique = false;                 // no item twice
  bool filled = false;                 // at least one item
  bool one_key = false;                // of its keys, exactly one is given
  // Of a table with `keys`: tables whose names are the user's; `form` tells which are which.
  std::span<const KeySpec> open_keys = {};
};

// Forms, without what only some engines of regular expressions know.
inline constexpr std::string_view kLabel =
    "^[^\\u0000-\\u0008\\u000a-\\u001f\\u007f-\\u009f]{1,64}$";
inline constexpr std::string_view kLabelWords = "1 to 64 visible characters";
inline constexpr std::string_view kVariable = "^[A-Za-z_][A-Za-z0-9_]{0,63}$";
inline constexpr std::string_view kVariableWords = "a letter or _, then letters, digits and _";

// A file of the workspace: no part of the path is "..", and it ends in a name.
inline constexpr std::string_view kInnerFile =
    "^((\\.|[^./][^/]*|\\.[^./][^/]*|\\.\\.[^/]+)/+)*"
    "([^./][^/]*|\\.[^./][^/]*|\\.\\.[^/]+)$";
// That, or what begins as a URL.
inline constexpr std::string_view kInnerFileOrUrl =
    "^(https?://.*|((\\.|[^./][^/]*|\\.[^./][^/]*|\\.\\.[^/]+)/+)*"
    "([^./][^/]*|\\.[^./][^/]*|\\.\\.[^/]+))$";
inline constexpr std::string_view kRequestWords = "^[A-Z]+ https?://";
// A path alone, and whatever else holds a space, but does not begin with it. To say "not" in a form
// that every engine knows, each letter of http:// and https:// that could be missing is said.
inline constexpr std::string_view kCommandWords =
    "^([^ ]*/[^ ]*$|[^ ]*[^A-Z ][^ ]* |[A-Z]+ ($|[^h]|h($|[^t]|t($|[^t]|t($|[^p]|p($|[^s:]|"
    "s($|[^:]|:($|[^/]|/($|[^/])))|:($|[^/]|/($|[^/]))))))))";

inline constexpr std::array<std::string_view, 3> kInputTypes = {"string", "integer", "boolean"};
inline constexpr std::array<std::string_view, 3> kOnFailures = {"rollback", "stop", "continue"};
inline constexpr std::array<std::string_view, 4> kRollbackPolicies = {"auto", "manual", "never",
                                                                      "always"};

inline constexpr auto kInputKeys = std::to_array<KeySpec>({
    {.name = "type", .summary = "what its value is", .choices = kInputTypes, .fallback = "string"},
    {.name = "required",
     .type = KeyType::boolean,
     .summary = "no run starts without a value for it; then it has no default",
     .fallback = "false"},
    {.name = "default",
     .type = KeyType::scalar,
     .summary = "its value where none is given; of its type"},
    {.name = "pattern",
     .summary = "a regular expression that must be found in a string; ^ and $ for the whole"},
    {.name = "choices",
     .type = KeyType::scalars,
     .summary = "the only values that are right; of its type",
     .filled = true},
    {.name = "description", .summary = "what it is for, for people"},
});

inline constexpr auto kSecretKeys = std::to_array<KeySpec>({
    {.name = "env",
     .summary = "the variable of stagerun's environment that holds it",
     .form = kVariable,
     .form_words = kVariableWords},
    {.name = "file",
     .summary = "the file that holds it, from the pipeline's folder",
     .form = "^.",
     .form_words = "not empty"},
    {.name = "command",
     .type = KeyType::strings,
     .summary = "the program that prints it, with its arguments; no shell",
     .filled = true},
});

inline constexpr auto kStateKeys = std::to_array<KeySpec>({
    {.name = "store",
     .summary = "where runs are kept: dir:FOLDER",
     .required = true,
     .form = "^dir:[\\s\\S]",
     .form_words = "dir:FOLDER"},
});

inline constexpr auto kRetryKeys = std::to_array<KeySpec>({
    {.name = "attempts",
     .type = KeyType::integer,
     .summary = "how often it is tried in all",
     .required = true,
     .most = limits::kRetryAttempts},
    {.name = "backoff",
     .type = KeyType::duration,
     .summary = "the first pause; doubled before each further attempt",
     .most = limits::kRetryPauseMax,
     .fallback = "1s"},
    {.name = "max_backoff",
     .type = KeyType::duration,
     .summary = "the longest pause; at least `backoff`",
     .most = limits::kRetryPauseMax,
     .fallback = "30s"},
});

inline constexpr auto kStageKeys = std::to_array<KeySpec>({
    {.name = "name",
     .summary = "unique in the pipeline",
     .required = true,
     .form = "^[a-z0-9][a-z0-9_-]{0,63}$",
     .form_words = "a-z, 0-9, _ and -, a letter or digit first, at most 64"},
    {.name = "uses",
     .summary = "PLUGIN, or PLUGIN.STAGE where it offers several",
     .required = true},
    {.name = "needs",
     .type = KeyType::strings,
     .summary = "the stages that must be done before it; where it is absent, the stage above; "
                "[] starts at once",
     .unique = true},
    {.name = "if",
     .type = KeyType::expression,
     .summary = "an expression, without ${{ }}; the stage is skipped where it is false"},
    {.name = "secrets",
     .type = KeyType::strings,
     .summary = "the secrets that it may use: all that it names, and no other",
     .unique = true},
    {.name = "timeout",
     .type = KeyType::duration,
     .summary = "how long each of its verbs may take",
     .most = limits::kTimeoutMax,
     .shared = true,
     .fallback = "10m"},
    {.name = "rollback_timeout",
     .type = KeyType::duration,
     .summary = "how long its rollback may take; where it is absent, its timeout",
     .most = limits::kTimeoutMax,
     .shared = true},
    {.name = "retry",
     .type = KeyType::table,
     .summary = "when it is tried again by itself; where it is absent, never",
     .keys = kRetryKeys,
     .shared = true},
    {.name = "on_failure",
     .summary = "what its failure does to the run: go back, end where it is, or go on",
     .choices = kOnFailures,
     .shared = true,
     .fallback = "rollback"},
    {.name = "rollback",
     .summary = "when it is undone: whenever the run goes back, only by `stagerun rollback`, not "
                "even then, or when the run ends, however it ends",
     .choices = kRollbackPolicies,
     .shared = true,
     .fallback = "auto"},
    {.name = "acknowledge_irreversible",
     .type = KeyType::boolean,
     .summary = "yes, it cannot be undone; such a stage is an error without it",
     .fallback = "false"},
    {.name = "with",
     .type = KeyType::table,
     .summary = "the plugin's own configuration; ${{ }} may stand in any of its strings"},
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
    {.name = "inputs",
     .type = KeyType::table,
     .summary = "other defaults of inputs: NAME = value",
     .values = KeyType::scalar},
    {.name = "with",
     .type = KeyType::table,
     .summary = "what is merged into the `with` of stages: with.STAGE = { ... }; tables key by "
                "key, anything else replaces what was there",
     .values = KeyType::table},
    {.name = "without",
     .type = KeyType::strings,
     .summary = "the stages that are left out",
     .unique = true},
});

inline constexpr auto kRehearseKeys = std::to_array<KeySpec>({
    {.name = "real",
     .type = KeyType::strings,
     .summary = "the programs that run, and the origins that are asked, for real, in a scratch "
                "copy of the workspace",
     .form = kInnerFileOrUrl,
     .form_words = "a program's name, a program of the workspace, or scheme://host:port",
     .unique = true},
    {.name = "unrehearsed",
     .type = KeyType::strings,
     .summary = "the stages that may stay unrehearsed",
     .unique = true},
    {.name = "secrets",
     .type = KeyType::table,
     .summary = "what is made up for a secret that must have a certain form: NAME = \"value\"; "
                "where it is absent, something recognisable",
     .values = KeyType::string},
});

inline constexpr auto kRequestAnswerKeys = std::to_array<KeySpec>({
    {.name = "status",
     .type = KeyType::integer,
     .summary = "the answer's status",
     .least = 100,
     .most = 599,
     .fallback = "200"},
    {.name = "headers",
     .type = KeyType::table,
     .summary = "its headers: NAME = \"value\"",
     .values = KeyType::string},
    {.name = "body", .summary = "its body, as it is"},
    {.name = "json",
     .type = KeyType::any,
     .summary = "its body, written as JSON; `content-type` is application/json unless `headers` "
                "say otherwise; not with `body`"},
    {.name = "takes",
     .type = KeyType::duration,
     .summary = "how long the real one takes; simulated time, nobody waits",
     .most = limits::kTimeoutMax},
});

inline constexpr auto kCommandAnswerKeys = std::to_array<KeySpec>({
    {.name = "exit",
     .type = KeyType::integer,
     .summary = "the program's exit status",
     .least = 0,
     .most = 255,
     .fallback = "0"},
    {.name = "prints", .summary = "what it writes to its standard output"},
    {.name = "writes",
     .type = KeyType::strings,
     .summary = "the files of the workspace that it makes",
     .form = kInnerFile,
     .form_words = "a path in the workspace",
     .unique = true},
    {.name = "takes",
     .type = KeyType::duration,
     .summary = "how long the real one takes; simulated time, nobody waits",
     .most = limits::kTimeoutMax},
});

inline constexpr auto kAnswerKeys = std::to_array<KeySpec>({
    {.name = "\"METHOD URL\"",
     .type = KeyType::table,
     .summary = "the answer to a request: \"POST https://api.example/login\" = { ... }",
     .keys = kRequestAnswerKeys,
     .form = kRequestWords,
     .form_words = "a method in capitals, a space, an http or https URL"},
    {.name = "\"COMMAND LINE\"",
     .type = KeyType::table,
     .summary = "what a command does: \"npm run build\" = { ... }",
     .keys = kCommandAnswerKeys,
     .form = kCommandWords,
     .form_words = "a program and its arguments, a space between two; without any, its path"},
});

inline constexpr auto kPipelineKeys = std::to_array<KeySpec>({
    {.name = "name",
     .summary = "what this pipeline is called",
     .required = true,
     .form = kLabel,
     .form_words = kLabelWords},
    {.name = "environment",
     .summary = "where it goes live; with the name, what is locked",
     .form = kLabel,
     .form_words = kLabelWords},
    {.name = "description", .summary = "what it does, for people"},
    {.name = "env",
     .type = KeyType::strings,
     .summary = "the variables of stagerun's environment that expressions may name",
     .form = kVariable,
     .form_words = kVariableWords,
     .unique = true},
    {.name = "inputs",
     .type = KeyType::named_tables,
     .summary = "what is given when a run starts: [inputs.NAME]",
     .keys = kInputKeys,
     .form = "^[A-Za-z][A-Za-z0-9_-]{0,63}$",
     .form_words = "a letter, then letters, digits, _ and -; at most 64"},
    {.name = "secrets",
     .type = KeyType::named_tables,
     .summary = "where secrets come from: NAME = { env = \"NAME\" }; never their values",
     .keys = kSecretKeys,
     .form = "^[A-Za-z][A-Za-z0-9_]{0,63}$",
     .form_words = "a letter, then letters, digits and _; at most 64",
     .one_key = true},
    {.name = "defaults",
     .type = KeyType::table,
     .summary = "what stages have that do not say otherwise",
     .keys = kDefaultsKeys},
    {.name = "state",
     .type = KeyType::table,
     .summary = "where runs are kept; where it is absent, in .stagerun of the folder that you "
                "stand in",
     .keys = kStateKeys},
    {.name = "environments",
     .type = KeyType::named_tables,
     .summary = "what differs in an environment: [environments.NAME]",
     .keys = kEnvironmentKeys,
     .form = kLabel,
     .form_words = kLabelWords},
    {.name = "rehearse",
     .type = KeyType::table,
     .summary = "how it is rehearsed: what the world answers there, where nothing else knows",
     .keys = kRehearseKeys,
     .open_keys = kAnswerKeys},
    {.name = "stage",
     .type = KeyType::tables,
     .summary = "the stages, in order: [[stage]]",
     .required = true,
     .keys = kStageKeys,
     .filled = true},
});

}  // namespace stagerun
