#include "settings.h"

#include <algorithm>
#include <cctype>

#include "plugins/shared/paths.h"

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

bool is_env_name(std::string_view name) {
  const auto allowed = [](char c) {
    return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
  };
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 &&
         std::all_of(name.begin(), name.end(), allowed);
}

// An array is what has a first item; the schema lets no empty one through.
Command read_command(const sr::Call& call, const char* pointer) {
  const std::string text = call.config_or(pointer, "");
  const bool is_array = call.has_config(std::string(pointer) + "/0") || text == "[]";
  return is_array ? Command{call.items(text), ""} : Command{{}, text};
}

bool has_handle(const Command& command) {
  const auto holds = [](const std::string& word) { return word.find("sr-secret.") != word.npos; };
  return holds(command.line) || std::any_of(command.argv.begin(), command.argv.end(), holds);
}

bool is_blank(const Command& command) {
  if (!command.argv.empty()) return command.argv.front().empty();
  return command.line.find_first_not_of(" \t\r\n") == std::string::npos;
}

// Nobody gets a shell by accident: a string stands for one only where `shell = true` does.
void diagnose_shell(sr::Call& call, const char* pointer, const Command& command, bool allowed) {
  if (command.line.empty() || allowed) return;
  call.diagnose(pointer, "exec.shell", "a string is a line for a shell, and no shell is allowed",
                "write the program and its arguments as an array, or set shell = true");
}

void diagnose_commands(sr::Call& call, const Settings& settings) {
  const std::pair<const char*, const Command*> commands[] = {{"/run", &settings.run},
                                                             {"/undo", &settings.undo},
                                                             {"/check", &settings.check},
                                                             {"/record", &settings.record}};
  const bool shell = is_true(call, "/shell", false);
  bool uses_shell = false;
  for (const auto& [pointer, command] : commands) {
    if (!call.has_config(pointer)) continue;
    uses_shell = uses_shell || !command->line.empty();
    diagnose_shell(call, pointer, *command, shell);
    if (is_blank(*command)) {
      call.diagnose(pointer, "exec.empty", "there is no program to run",
                    "write the program and its arguments: [\"make\", \"deploy\"]");
    }
    if (has_handle(*command)) {
      call.diagnose(pointer, "exec.secret", "everybody on the machine can read a command line",
                    "put the secret into `env` or `stdin`");
    }
  }
  if (shell && !uses_shell) {
    call.diagnose("/shell", "exec.shell", "an array of words needs no shell",
                  "leave `shell` out, or write one of run, undo, check and record as a string");
  }
  if (!settings.record.is_empty() && settings.undo.is_empty()) {
    call.diagnose("/record", "exec.record",
                  "what `record` says is only for `undo`, which is missing",
                  "add `undo`, or leave `record` out");
  }
}

void diagnose_kind(sr::Call& call, const Settings& settings) {
  if (!settings.changes && !settings.undo.is_empty()) {
    call.diagnose("/undo", "exec.contradiction",
                  "a stage with `changes = false` has nothing to undo", "leave one of them out");
  }
  if (!settings.leaves_running) return;
  if (!settings.changes) {
    call.diagnose("/changes", "exec.contradiction", "a service that is left running is a change",
                  "leave `changes = false` out");
  }
  if (call.has_config("/stdin")) {
    call.diagnose("/stdin", "exec.contradiction",
                  "a service that is left running has no standard input",
                  "leave it out, or leave `leaves_running` out");
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

void diagnose_inherit(sr::Call& call, const Settings& settings) {
  if (!settings.inherit) return;
  for (std::size_t i = 0; i < settings.inherit->size(); ++i) {
    const std::string& name = (*settings.inherit)[i];
    const std::string pointer = "/inherit/" + std::to_string(i);
    if (is_open(name)) continue;
    if (!is_env_name(name)) {
      call.diagnose(pointer, "exec.env", "`" + name + "` cannot be the name of a variable",
                    "letters, digits and _, not beginning with a digit");
    } else if (call.has_config("/env/" + name)) {
      call.diagnose(pointer, "exec.contradiction", "`env` sets " + name + " to something else",
                    "leave it out of one of them");
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
  settings.run = read_command(call, "/run");
  settings.undo = read_command(call, "/undo");
  settings.check = read_command(call, "/check");
  settings.record = read_command(call, "/record");
  settings.input = call.config_or("/stdin", "");
  if (call.has_config("/inherit")) settings.inherit = call.config_list("/inherit");
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
  diagnose_inherit(call, settings);
  if (!is_open(settings.cwd) && shared::leaves_folder(settings.cwd)) {
    call.diagnose("/cwd", "exec.cwd", "the working directory is outside the pipeline's folder",
                  "give a path inside it, without a leading /");
  }
  const std::string grace = call.config_or("/grace", "1s");
  if (!is_open(grace) && sr::duration_ms(grace) < 0) {
    call.diagnose("/grace", "exec.grace", "`" + grace + "` is not a duration",
                  "for example 500ms, 5s or 1m30s");
  }
}

std::string readable(const Command& command) {
  std::string line = command.line;
  for (const std::string& word : command.argv) line += (line.empty() ? "" : " ") + quoted(word);
  if (!command.line.empty()) {
    const std::size_t first = line.find_first_not_of(" \t\r\n");
    line = line.substr(std::min(first, line.size()), line.find_last_not_of(" \t\r\n") + 1 - first);
    std::replace(line.begin(), line.end(), '\n', ' ');
  }
  if (line.size() <= kReadableBytes) return line;
  // Not in the middle of a character.
  std::size_t end = kReadableBytes;
  while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
  return line.substr(0, end) + "...";
}

}  // namespace exec
