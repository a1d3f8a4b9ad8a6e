#include "set_settings.h"

#include <algorithm>

#include "check_settings.h"
#include "plugins/shared/paths.h"

namespace env {
namespace {

bool is_open(std::string_view text) { return text.find("${{") != std::string_view::npos; }

std::string pointer_to(const std::string& key) {
  std::string pointer = "/values/";
  for (const char c : key) {
    pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return pointer;
}

void diagnose_file(sr::Call& call, const SetSettings& settings) {
  if (is_open(settings.file)) return;
  if (settings.file.empty() || shared::leaves_folder(settings.file)) {
    call.diagnose("/file", "env.path", "the file is outside the pipeline's folder",
                  "give a path inside it, without a leading /");
  }
  if (settings.format) return;
  call.diagnose("/file", "env.format",
                "the name of `" + settings.file + "` does not tell how it is written",
                "add `format`: dotenv, json, yaml or toml");
}

void diagnose_value(sr::Call& call, const SetSettings& settings, const Wanted& wanted) {
  const std::string pointer = pointer_to(wanted.key);
  if (wanted.path.empty()) {
    return call.diagnose(pointer, "env.key", "`" + wanted.key + "` cannot be a key of this format",
                         settings.format_name == "dotenv"
                             ? "letters, digits and _, not beginning with a digit"
                             : "a JSON pointer (/a/b), or words with dots between them (a.b)");
  }
  if (is_open(wanted.value.text) || has_handle(wanted.value.text)) return;
  if (settings.format->spell(written(wanted.value), nullptr)) return;
  call.diagnose(pointer, "env.value", "the value of `" + wanted.key + "` cannot be written there",
                "readers of dotenv files disagree about lines, backslashes and mixed quotes");
}

}  // namespace

SetSettings read_set_settings(const sr::Call& call) {
  SetSettings settings;
  settings.file = call.config("/file");
  settings.format_name = call.config_or("/format", format_of(settings.file));
  settings.format = make_format(settings.format_name);
  settings.create = call.config_or("/create", "false") == "true";
  const auto path_of = [&](const std::string& key) {
    return settings.format ? settings.format->parse_key(key).value_or(Path{}) : Path{};
  };
  const std::string values = call.config_or("/values", "{}");
  const auto elements = sr::json_elements(values);
  const auto members = call.members(values);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto& [key, value] = members[i];
    const bool is_string = elements[2 * i + 1].starts_with('"');
    settings.wanted.push_back({key, path_of(key), false, scalar_of(value, is_string)});
  }
  for (const std::string& key : call.config_list("/unset")) {
    settings.wanted.push_back({key, path_of(key), true, {}});
  }
  return settings;
}

void diagnose_set(sr::Call& call) {
  const SetSettings settings = read_set_settings(call);
  diagnose_file(call, settings);
  if (!settings.format) return;
  if (settings.wanted.empty()) {
    call.diagnose("", "env.empty", "there is nothing to set",
                  "name keys under `values`, or under `unset`");
  }
  for (const Wanted& wanted : settings.wanted) {
    if (!wanted.removed) diagnose_value(call, settings, wanted);
    const auto same = [&](const Wanted& other) { return other.path == wanted.path; };
    const auto first = std::find_if(settings.wanted.begin(), settings.wanted.end(), same);
    if (wanted.path.empty() || &*first == &wanted) continue;
    call.diagnose(wanted.removed ? "/unset" : pointer_to(wanted.key), "env.contradiction",
                  "`" + wanted.key + "` is named twice", "leave one of them out");
  }
}

}  // namespace env
