#include "plan_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "connection.h"
#include "dump.h"
#include "sql.h"

namespace postgres {
namespace {

constexpr std::uintmax_t kSqlBytes = 64u << 20;
constexpr std::size_t kShownBytes = 100;

bool is_pattern(const std::string& name) { return name.find_first_of("*?") != name.npos; }

// `*` is any text, `?` any one byte; a hidden file must be meant.
bool fits(std::string_view name, std::string_view pattern) {
  if (name.starts_with('.') != pattern.starts_with('.')) return false;
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  std::size_t star = pattern.npos;  // the last one, and how far its text reaches
  std::size_t reach = 0;
  while (at < name.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      star = in_pattern++;
      reach = at;
    } else if (in_pattern < pattern.size() &&
               (pattern[in_pattern] == '?' || pattern[in_pattern] == name[at])) {
      ++in_pattern;
      ++at;
    } else if (star != pattern.npos) {
      in_pattern = star + 1;
      at = ++reach;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == pattern.npos;
}

std::vector<std::string> spread(const sr::Call& call, const std::string& pattern) {
  const std::filesystem::path path(pattern);
  const std::filesystem::path folder = std::filesystem::path(call.workspace()) / path.parent_path();
  std::vector<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename();
    std::error_code ignored;
    const bool is_meant = fits(name, path.filename().string());
    if (is_meant && entry.is_regular_file(ignored)) found.push_back(path.parent_path() / name);
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> entries_at(const sr::Call& call, const char* pointer) {
  const auto given = call.find_config(pointer);
  if (!given) return {};
  return given->starts_with('[') ? call.items(*given) : std::vector<std::string>{*given};
}

std::string shown(const Statement& statement) {
  const bool cut = statement.words.size() > kShownBytes;
  return "line " + std::to_string(statement.line) + ": " +
         (cut ? statement.words.substr(0, kShownBytes) + "..." : statement.words);
}

}  // namespace

Mode mode_of(const sr::Call& call) {
  const std::string mode = call.config_or("/transaction", "all");
  return mode == "none" ? Mode::none : mode == "file" ? Mode::file : Mode::all;
}

std::vector<SqlFile> name_files(const sr::Call& call, const char* pointer) {
  std::vector<SqlFile> files;
  for (const std::string& entry : entries_at(call, pointer)) {
    const bool pattern = is_pattern(entry);
    const auto names = pattern ? spread(call, entry) : std::vector<std::string>{entry};
    if (names.empty()) {
      throw sr::Failed("postgres.files", "no file fits " + entry, "look at the folder's name");
    }
    for (const std::string& name : names) files.push_back({name, "", ""});
  }
  return files;
}

void keep_files(sr::Call& call, std::vector<SqlFile>& files, const std::string& prefix) {
  for (std::size_t i = 0; i < files.size(); ++i) {
    files[i].kept = prefix + "-" + std::to_string(i + 1) + ".sql";
    files[i].sha256 = sr::File(call, files[i].name).keep(files[i].kept).digest;
  }
}

std::optional<std::string> find_fault(std::string_view sql, Mode mode) {
  const Script script = read_script(sql);
  for (const Statement& command : script.commands) {
    if (is_harmless(command)) continue;
    return "line " + std::to_string(command.line) + ": `" + command.words.substr(0, kShownBytes) +
           "` is a command of psql's own, which a migration may not hold";
  }
  if (mode == Mode::none) return std::nullopt;
  for (const Statement& statement : script.statements) {
    if (const auto why = breaks_transaction(statement)) return shown(statement) + ": it " + *why;
  }
  return std::nullopt;
}

std::vector<std::string> find_destructive(std::string_view sql) {
  std::vector<std::string> found;
  for (const Statement& statement : read_script(sql).statements) {
    if (destroys(statement)) found.push_back(shown(statement));
  }
  return found;
}

std::optional<std::string> read_text(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  if (std::filesystem::file_size(path, error) > kSqlBytes || error) return std::nullopt;
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(content).str();
}

void diagnose_files(sr::Call& call, const char* pointer) {
  const auto entries = entries_at(call, pointer);
  const bool list = call.config_or(pointer, "").starts_with('[');
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (is_open(entries[i])) continue;
    const std::string place = list ? pointer + ("/" + std::to_string(i)) : std::string(pointer);
    if (!is_inside(entries[i])) {
      call.diagnose(place, "postgres.file", "the file is outside the pipeline's folder",
                    "give a path inside it, without a leading /");
      continue;
    }
    const auto names =
        is_pattern(entries[i]) ? spread(call, entries[i]) : std::vector<std::string>{entries[i]};
    for (const std::string& name : names) {
      const auto sql = read_text(std::string(call.workspace()) + "/" + name);
      const auto fault = sql ? find_fault(*sql, mode_of(call)) : std::nullopt;
      if (!fault) continue;
      call.diagnose(place, "postgres.sql", name + ": " + *fault,
                    "take it out, or put such files into a stage with transaction = \"none\"");
    }
  }
}

}  // namespace postgres
