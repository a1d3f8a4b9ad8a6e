#include "check_settings.h"

#include <algorithm>
#include <cctype>

#include "plugins/shared/paths.h"
#include "version.h"

namespace env {
namespace {

// The host takes no longer pattern.
constexpr std::size_t kPatternBytes = 1024;

bool is_open(std::string_view text) { return text.find("${{") != std::string_view::npos; }

bool is_true(const sr::Call& call, const std::string& json, const char* pointer) {
  return call.pick(json, pointer) == "true";
}

std::optional<std::int64_t> read_count(const sr::Call& call, const std::string& json,
                                       const char* pointer) {
  const auto text = call.pick(json, pointer);
  return text ? std::optional<std::int64_t>(sr::number_in<long long>(*text)) : std::nullopt;
}

// A text or an array of texts.
std::vector<std::string> read_texts(const sr::Call& call, const std::string& json,
                                    const char* pointer) {
  const std::string text = call.pick(json, pointer).value_or("[]");
  return text.starts_with('[') ? call.items(text) : std::vector<std::string>{text};
}

Other read_other(const sr::Call& call, const std::string& json, const std::string& own_name) {
  if (!json.starts_with('{')) return {json, "", "", ""};
  return {"", call.pick(json, "/env").value_or(""), call.pick(json, "/dotenv").value_or(""),
          call.pick(json, "/name").value_or(own_name)};
}

std::vector<Other> read_others(const sr::Call& call, const std::string& json, const char* pointer,
                               const std::string& own_name) {
  std::vector<Other> others;
  const auto value = call.pick(json, pointer);
  if (!value) return others;
  const bool is_list = value->starts_with('[');
  for (const std::string& each : is_list ? call.items(*value) : std::vector{*value}) {
    others.push_back(read_other(call, each, own_name));
  }
  return others;
}

Rules read_rules(const sr::Call& call, const std::string& json, const std::string& own_name) {
  Rules rules;
  rules.absent = is_true(call, json, "/absent");
  rules.optional = is_true(call, json, "/optional");
  rules.not_placeholder = is_true(call, json, "/not_placeholder");
  rules.min_len = read_count(call, json, "/min_len");
  rules.max_len = read_count(call, json, "/max_len");
  rules.prefix = call.pick(json, "/prefix");
  rules.equals = call.pick(json, "/equals");
  rules.one_of = read_texts(call, json, "/one_of");
  rules.regex = call.pick(json, "/regex");
  rules.url_host = read_texts(call, json, "/url_host");
  rules.url_scheme = read_texts(call, json, "/url_scheme");
  const auto same = read_others(call, json, "/same_as", own_name);
  if (!same.empty()) rules.same_as = same.front();
  rules.must_differ_from = read_others(call, json, "/must_differ_from", own_name);
  return rules;
}

bool is_variable_name(std::string_view name) {
  const auto allowed = [](char c) {
    return c == '_' || c == '.' || c == '-' || std::isalnum(static_cast<unsigned char>(c)) != 0;
  };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), allowed);
}

void diagnose_path(sr::Call& call, const std::string& pointer, const std::string& path) {
  if (is_open(path) || (!path.empty() && !shared::leaves_folder(path))) return;
  call.diagnose(pointer, "env.path", "the file is outside the pipeline's folder",
                "give a path inside it, without a leading /");
}

void diagnose_other(sr::Call& call, const std::string& pointer) {
  if (call.has_config(pointer + "/dotenv")) {
    diagnose_path(call, pointer + "/dotenv", call.config(pointer + "/dotenv"));
  }
}

void diagnose_rules(sr::Call& call, const std::string& pointer, const Rules& rules) {
  const std::size_t asked = call.members(call.config(pointer)).size();
  if (rules.absent && asked > 1) {
    call.diagnose(pointer + "/absent", "env.contradiction",
                  "what must be absent can keep no other rule", "leave the other rules out");
  }
  if (rules.min_len && rules.max_len && *rules.min_len > *rules.max_len) {
    call.diagnose(pointer + "/min_len", "env.contradiction", "nothing is that long and that short",
                  "`min_len` must not be larger than `max_len`");
  }
  if (rules.regex && rules.regex->size() > kPatternBytes) {
    call.diagnose(pointer + "/regex", "env.regex", "the pattern is too long",
                  "it may have 1024 bytes");
  }
  diagnose_other(call, pointer + "/same_as");
  diagnose_other(call, pointer + "/must_differ_from");
  for (std::size_t i = 0; i < rules.must_differ_from.size(); ++i) {
    diagnose_other(call, pointer + "/must_differ_from/" + std::to_string(i));
  }
}

void diagnose_names(sr::Call& call, const CheckSettings& settings) {
  for (std::size_t i = 0; i < settings.variables.size(); ++i) {
    const Variable& variable = settings.variables[i];
    const std::size_t listed = call.config_list("/present").size();
    const std::string pointer =
        i < listed ? "/present/" + std::to_string(i) : "/variables/" + variable.name;
    if (!is_open(variable.name) && !is_variable_name(variable.name)) {
      call.diagnose(pointer, "env.name", "`" + variable.name + "` cannot be the name of a variable",
                    "letters, digits and _, not beginning with a digit");
    } else if (i >= listed) {
      diagnose_rules(call, pointer, variable.rules);
    }
  }
}

void diagnose_tools(sr::Call& call, const CheckSettings& settings) {
  for (std::size_t i = 0; i < settings.tools.size(); ++i) {
    const Tool& tool = settings.tools[i];
    const std::string pointer = "/tools/" + std::to_string(i);
    if (tool.run.empty() || tool.run.front().empty()) {
      call.diagnose(pointer + "/run", "env.empty", "there is no program to run",
                    "write the program and its arguments: [\"psql\", \"--version\"]");
    }
    if (tool.version.empty() || is_open(tool.version) || Range::parse(tool.version)) continue;
    call.diagnose(pointer + "/version", "env.version",
                  "`" + tool.version + "` is not a range of versions",
                  "for example >=15, ~>1.5, 3.x or >=1.2, <2");
  }
}

}  // namespace

std::vector<std::string> Rules::allowed_values() const {
  std::vector<std::string> values = one_of;
  if (equals) values.push_back(*equals);
  std::erase_if(values, [](const std::string& value) { return has_handle(value); });
  return values;
}

CheckSettings read_check_settings(const sr::Call& call) {
  CheckSettings settings;
  const std::string dotenv = call.config_or("/dotenv", "");
  for (const std::string& name : call.config_list("/present")) {
    settings.variables.push_back({name, dotenv, {}});
  }
  for (const auto& [name, rules] : call.members(call.config_or("/variables", "{}"))) {
    settings.variables.push_back({name, dotenv, read_rules(call, rules, name)});
  }
  for (const std::string& secret : call.config_list("/secrets")) {
    const std::string name = call.pick(secret, "/name").value_or("");
    settings.secrets.push_back(
        {name, call.pick(secret, "/value").value_or(""), read_rules(call, secret, name)});
  }
  for (const std::string& tool : call.config_list("/tools")) {
    const auto run = call.items(call.pick(tool, "/run").value_or("[]"));
    settings.tools.push_back(
        {run.empty() ? "" : run.front(), run, call.pick(tool, "/version").value_or("")});
  }
  settings.early = call.config_or("/early", "true") == "true";
  return settings;
}

void diagnose_check(sr::Call& call) {
  const CheckSettings settings = read_check_settings(call);
  if (settings.variables.empty() && settings.secrets.empty() && settings.tools.empty()) {
    call.diagnose("", "env.empty", "there is nothing to check",
                  "name what must hold under `present`, `variables`, `secrets` or `tools`");
  }
  if (call.has_config("/dotenv")) diagnose_path(call, "/dotenv", call.config("/dotenv"));
  diagnose_names(call, settings);
  for (std::size_t i = 0; i < settings.secrets.size(); ++i) {
    diagnose_rules(call, "/secrets/" + std::to_string(i), settings.secrets[i].rules);
  }
  diagnose_tools(call, settings);
}

bool has_handle(std::string_view text) { return text.find("sr-secret.") != std::string_view::npos; }

}  // namespace env
