// Pipeline: a runbook as the user wrote it, parsed and checked for form, not yet resolved. Plain
// values with the places they came from, so that every later complaint can show its line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/base/value.h"
#include "core/model/expression.h"
#include "core/model/outcome.h"

namespace stagerun {

// A string with expressions in it: literal, expression, literal, ... A string that is nothing but
// one expression takes the type of its value; anything else becomes a string.
struct Template {
  struct Part {
    std::string literal;                   // where there is no expression
    std::optional<Expression> expression;  // where there is one
  };
  std::vector<Part> parts;

  bool is_whole_expression() const { return parts.size() == 1 && parts[0].expression.has_value(); }
};

// Where a secret's value comes from. The value itself stands in no Pipeline, Plan or event.
struct SecretSpec {
  enum class From { variable, file, command };

  std::string name;
  Span span;
  From from = From::variable;
  std::string place;                 // the variable's name, or the file
  std::vector<std::string> command;  // the program that prints it
};

// When a stage is tried again by itself.
struct RetrySpec {
  int attempts = 1;  // in all
  std::int64_t backoff_ms = 1'000;
  std::int64_t max_backoff_ms = 30'000;

  // The pause before the attempt of that number: doubled each time, from the second on.
  std::int64_t pause_before(std::uint32_t attempt) const;
};

struct InputSpec {
  std::string name;
  Span span;
  std::string type = "string";  // string | integer | boolean
  bool required = false;
  std::optional<Value> fallback;  // `default` in the file
  std::string pattern;
  std::vector<Value> choices;
  std::string description;
  bool is_broken = false;  // wrong in the file: nothing can be said of its value
};

struct StageSpec {
  std::string name;
  Span span;  // of the name
  std::string uses;
  Span uses_span;
  std::vector<std::string> needs;  // filled with the stage before it where the file says nothing
  std::map<std::string, Span> needs_spans;
  std::int64_t timeout_ms = 0;
  std::int64_t rollback_timeout_ms = 0;
  RetrySpec retry;
  std::optional<Expression> condition;        // `if`
  std::string condition_text;                 // as written
  std::vector<std::string> secrets;           // that it is granted
  std::map<std::string, Span> secrets_spans;  // by name
  OnFailure on_failure = OnFailure::rollback;
  RollbackPolicy rollback = RollbackPolicy::automatic;
  Span rollback_span;  // line 0 where the stage itself does not say it
  bool acknowledge_irreversible = false;
  // Its own keys are wrong, which has been reported: what follows from that is not.
  bool is_broken = false;

  Value with;                                  // as written; strings hold their `${{ }}` still
  std::map<std::string, Template> templates;   // by RFC 6901 pointer into `with`
  std::map<std::string, Span> with_spans;      // by the same; "" is `with` itself
  std::map<std::string, Span> with_key_spans;  // of the keys, by the pointer to what they name
  std::set<std::string> used_secrets;          // in its `with`, whatever the environment
};

// What the world answers in rehearsal to one request or one command.
struct RehearsedAnswer {
  Span span;
  std::string words;  // "POST https://api.example/login", or a command line: "npm run build"
  bool is_request = false;
  // To a request.
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  // To a command.
  int exit = 0;
  std::string prints;
  std::vector<std::string> writes;  // files of the workspace
  std::int64_t takes_ms = 0;
};

// `[rehearse]`: how the pipeline is rehearsed.
struct RehearseSpec {
  std::vector<RehearsedAnswer> answers;
  std::vector<std::string> real;         // programs that are run, origins that are asked, for real
  std::vector<std::string> unrehearsed;  // stages that may stay so
  std::map<std::string, std::string> secrets;  // what is made up for them
};

struct Pipeline {
  std::string name;
  std::string environment;
  std::string description;
  std::string state;  // of [state]: the store, or "" where the file says nothing
  std::vector<InputSpec> inputs;
  std::vector<SecretSpec> secrets;
  std::vector<std::string> variables;  // of `env`: what `env.NAME` may name
  std::map<std::string, Span> variables_spans;
  std::set<std::string> used_variables;  // by any expression, whatever the environment
  std::vector<StageSpec> stages;         // in the order of the file
  std::vector<StageSpec> left_out;       // those that the environment does without
  RehearseSpec rehearse;
  std::set<std::string> unread;  // keys of the file itself that are wrong
  bool is_read = true;           // false where a stage, or an expression, is wrong
};

}  // namespace stagerun
