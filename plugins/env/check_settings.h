// CheckSettings: what a stage's `with` asks of env.check. docs/plugins/env.md has the meaning of
// each key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <stagerun/stagerun.hpp>

namespace env {

// What a value is compared with: a text, which may be a secret's handle, or a variable, or an entry
// of a dotenv file.
struct Other {
  std::string text;
  std::string variable;
  std::string dotenv;
  std::string name;  // in `dotenv`

  bool is_text() const { return variable.empty() && dotenv.empty(); }
};

struct Rules {
  bool absent = false;
  bool optional = false;
  bool not_placeholder = false;
  std::optional<std::int64_t> min_len;
  std::optional<std::int64_t> max_len;
  std::optional<std::string> prefix;
  std::optional<std::string> equals;
  std::vector<std::string> one_of;
  std::optional<std::string> regex;
  std::vector<std::string> url_host;
  std::vector<std::string> url_scheme;
  std::optional<Other> same_as;
  std::vector<Other> must_differ_from;

  // The values that the author wrote down, and so are no secret.
  std::vector<std::string> allowed_values() const;
};

// A variable, or an entry of a dotenv file.
struct Variable {
  std::string name;
  std::string dotenv;  // empty: of stagerun's environment
  Rules rules;
};

struct NamedSecret {
  std::string name;
  std::string value;  // a handle
  Rules rules;
};

struct Tool {
  std::string name;
  std::vector<std::string> run;
  std::string version;  // a range; empty: any
};

struct CheckSettings {
  std::vector<Variable> variables;
  std::vector<NamedSecret> secrets;
  std::vector<Tool> tools;
  bool early = true;  // in plan, too
};

CheckSettings read_check_settings(const sr::Call& call);

// Says what contradicts itself or cannot work. Values that are not known yet are left alone.
void diagnose_check(sr::Call& call);

// True for what stands for a secret, and so must not be told.
bool has_handle(std::string_view text);

}  // namespace env
