#include "settings.h"

#include <algorithm>
#include <cctype>

namespace exec {
namespace {

constexpr std::size_t kReadableBytes = 120;

bool is_true(const sr::Call& call, const char* pointer, bool fallback) {
  return call.config_or(pointer, fallback ? "true" : "false") == "true";
}

// An expression whose value is not known yet stands as it was written.
bool is_open(std::string_view text) { return text.find("${{") != std::string_view::npos; }

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_-./=:,@%+").find(c) != std::string_view::npos;
}

std::string quoted(const std::string& word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

// Does the path, taken word by word, ever leave the folder that it starts in?
bool leaves_folder(std::string_view path) {
  if (path.starts_with('/')) return true;
  int depth = 0;
  while (!path.empty()) {
    const std::string_view part = path.substr(0, path.find('/'));
    if (part == "..") --depth;
    if (!part.empty() && part != "." && part != "..") ++depth;
    if (depth < 0) return true;
    path.remove_prefix(std::min(part.size() + 1, path.size()));
  }
  return false;
}

bool is_env_name(std::string_view name) {
  const auto allowed = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
  };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), allowed);
}

void diagnose_commands(sr::Call& call, const Settings& settings) {
  const std::pair<const char*, const Argv*> commands[] = {{"/run", &settings.run},
                                                          {"/undo", &settings.undo},
                                                          {"/check", &settings.check},
                                                          {"/record", &settings.record}};
  for (const auto& [pointer, argv] : commands) {
    if (!call.has_config(pointer) || (!argv->empty() && !argv->front().empty())) continue;
    call.diagnose(pointer, "exec.empty", "there is no program to run",
                  "write the program and its arguments: [\"make\", \"deploy\"]");
  }
  if (!settings.record.empty() && settings.undo.empty()) {
    call.diagnose("/record", "exec.record",
                  "what `record` says is only for `undo`, which is missing",
                  "add `undo`, or leave `record` out");
  }
}

void diagnose_kind(sr::Call& call, const Settings& settings) {
  if (!settings.changes && !settings.undo.empty()) {
    call.diagnose("/undo", "exec.contradiction",
                  "a stage with `changes = false` has nothing to undo", "leave one of them out");
  }
  if (!settings.leaves_running) return;
  if (!settings.changes) {
    call.diagnose("/changes", "exec.contradiction", "a service that is left running is a change",
                  "leave `changes = false` out");
  }
  for (const char* pointer : {"/outputs", "/expect_exit"}) {
    if (!call.has_config(pointer)) continue;
    call.diagnose(pointer, "exec.contradiction",
                  "a service that is left running does not end, so there is nothing to look at",
                  "leave it out, or leave `leaves_running` out");
  }
}

void diagnose_env(sr::Call& call, const Settings& settings) {
  for (const auto& [name, value] : call.members(settings.env)) {
    const std::string pointer = "/env/" + name;
    if (!is_env_name(name)) {
      call.diagnose(pointer, "exec.env", "`" + name + "` cannot be the name of a variable",
                    "letters, digits and _, not beginning with a digit");
    } else if (name.starts_with("STAGERUN_")) {
      call.diagnose(pointer, "exec.env", "names that begin with STAGERUN_ are set by stagerun",
                    "choose another name");
    }
  }
}

}  // namespace

bool Settings::expects(int status) const {
  const std::string text = std::to_string(status);
  return std::find(expect_exit.begin(), expect_exit.end(), text) != expect_exit.end();
}

Settings read_settings(const sr::Call& call) {
  Settings settings;
  settings.run = call.config_list("/run");
  settings.undo = call.config_list("/undo");
  settings.check = call.config_list("/check");
  settings.record = call.config_list("/record");
  settings.cwd = call.config_or("/cwd", "");
  settings.env = call.config_or("/env", "{}");
  settings.outputs = call.config_or("/outputs", "{}");
  settings.grace_ms = sr::duration_ms(call.config_or("/grace", ""));
  settings.changes = is_true(call, "/changes", true);
  settings.leaves_running = is_true(call, "/leaves_running", false);
  const std::string expected = call.config_or("/expect_exit", "0");
  settings.expect_exit = expected.starts_with('[') ? call.items(expected) : Argv{expected};
  return settings;
}

void diagnose_settings(sr::Call& call, const Settings& settings) {
  diagnose_commands(call, settings);
  diagnose_kind(call, settings);
  diagnose_env(call, settings);
  if (!is_open(settings.cwd) && leaves_folder(settings.cwd)) {
    call.diagnose("/cwd", "exec.cwd", "the working directory is outside the pipeline's folder",
                  "give a path inside it, without a leading /");
  }
  const std::string grace = call.config_or("/grace", "1s");
  if (!is_open(grace) && sr::duration_ms(grace) < 0) {
    call.diagnose("/grace", "exec.grace", "`" + grace + "` is not a duration",
                  "for example 500ms, 5s or 1m30s");
  }
}

std::string readable(const Argv& argv) {
  std::string line;
  for (const std::string& word : argv) line += (line.empty() ? "" : " ") + quoted(word);
  if (line.size() <= kReadableBytes) return line;
  // Not in the middle of a character.
  std::size_t end = kReadableBytes;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return line.substr(0, end) + "...";
}

}  // namespace exec
