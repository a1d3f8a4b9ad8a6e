#include "settings.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "plugins/shared/paths.h"

namespace alembic {
namespace {

// An expression whose value is not known yet stands as it was written.
bool is_open(std::string_view text) { return text.find("${{") != std::string_view::npos; }

bool is_word(std::string_view text, std::string_view also) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || also.find(c) != also.npos;
  });
}

void diagnose_command(sr::Call& call, const Settings& settings) {
  constexpr std::array<std::string_view, 4> kOurs = {"-c", "--config", "-n", "--name"};
  for (std::size_t i = 0; i < settings.command.size(); ++i) {
    const std::string& word = settings.command[i];
    const std::string pointer = "/command/" + std::to_string(i);
    if (i == 0 && word.empty()) {
      call.diagnose(pointer, "alembic.command", "there is no program to run",
                    "for example [\"alembic\"], or [\"poetry\", \"run\", \"alembic\"]");
    } else if (std::find(kOurs.begin(), kOurs.end(), word) != kOurs.end()) {
      call.diagnose(pointer, "alembic.command",
                    "`" + word + "` is no part of the command: stagerun chooses the scripts",
                    "give the file as `config`, the section as `name`");
    }
  }
}

void diagnose_target(sr::Call& call, const Settings& settings) {
  const std::string& target = settings.target;
  if (is_open(target)) return;
  const bool is_several = target == "heads" || target == "base";
  if (!is_several && is_word(target, "_.")) return;
  call.diagnose("/target", "alembic.target", "`" + target + "` does not name one revision to go to",
                "give \"head\", or the id of a revision");
}

void diagnose_paths(sr::Call& call, const Settings& settings) {
  if (!is_open(settings.cwd) && shared::leaves_folder(settings.cwd)) {
    call.diagnose("/cwd", "alembic.cwd", "the working directory is outside the pipeline's folder",
                  "give a path inside it, without a leading /");
  } else if (!is_open(settings.config) &&
             (settings.config.starts_with('/') ||
              shared::leaves_folder("./" + settings.cwd + "/" + settings.config))) {
    call.diagnose("/config", "alembic.config", "the file is outside the pipeline's folder",
                  "give a path inside it, relative to `cwd`");
  }
  const std::string& backup = settings.backup.file;
  if (!is_open(backup) && shared::leaves_folder(backup)) {
    call.diagnose("/require_backup/file", "alembic.backup",
                  "the backup is outside the pipeline's folder", "give a path inside it");
  }
}

void diagnose_duration(sr::Call& call, const char* pointer) {
  const auto text = call.find_config(pointer);
  if (!text || is_open(*text) || sr::duration_ms(*text) > 0) return;
  call.diagnose(pointer, "alembic.duration", "`" + *text + "` is not a duration",
                "for example 30s, 5m or 1h30m");
}

void diagnose_env(sr::Call& call, const Settings& settings) {
  for (const auto& [name, value] : call.members(settings.env)) {
    const bool digit = std::isdigit(static_cast<unsigned char>(name.c_str()[0])) != 0;
    if (!is_word(name, "_") || digit) {
      call.diagnose("/env/" + name, "alembic.env",
                    "`" + name + "` cannot be the name of a variable",
                    "letters, digits and _, not beginning with a digit");
    } else if (name == "ALEMBIC_CONFIG") {
      call.diagnose("/env/" + name, "alembic.env", "stagerun sets ALEMBIC_CONFIG itself",
                    "give the file as `config`");
    }
  }
}

void diagnose_lock(sr::Call& call) {
  for (const char* pointer : {"/lock", "/lock_timeout"}) {
    if (call.has_config("/url") || call.config_or(pointer, "false") == "false") continue;
    call.diagnose(pointer, "alembic.lock", "there is no database to lock",
                  "add `url`, the URL of the PostgreSQL database");
  }
}

}  // namespace

Settings read_settings(const sr::Call& call) {
  Settings settings;
  settings.command = call.config_list("/command");
  if (settings.command.empty()) settings.command = {"alembic"};
  settings.config = call.config_or("/config", "alembic.ini");
  settings.cwd = call.config_or("/cwd", "");
  settings.section = call.config_or("/name", "");
  settings.target = call.config_or("/target", "head");
  settings.x = call.config_list("/x");
  settings.env = call.config_or("/env", "{}");
  const bool locks = call.config_or("/lock", "true") == "true";
  settings.url = locks ? call.config_or("/url", "") : "";
  settings.lock_timeout_ms = sr::duration_ms(call.config_or("/lock_timeout", "30s"));
  const std::string downgrade = call.config_or("/downgrade", "auto");
  if (downgrade == "lenient") settings.downgrade = Downgrade::lenient;
  if (downgrade == "never") settings.downgrade = Downgrade::never;
  settings.preview = call.config_or("/preview", "true") == "true";
  settings.backup.file = call.config_or("/require_backup/file", "");
  settings.backup.sha256 = call.config_or("/require_backup/sha256", "");
  settings.backup.max_age_ms = sr::duration_ms(call.config_or("/require_backup/max_age", ""));
  return settings;
}

void diagnose_settings(sr::Call& call, const Settings& settings) {
  diagnose_command(call, settings);
  diagnose_target(call, settings);
  diagnose_paths(call, settings);
  diagnose_duration(call, "/lock_timeout");
  diagnose_duration(call, "/require_backup/max_age");
  diagnose_env(call, settings);
  diagnose_lock(call);
}

}  // namespace alembic
