#include "outputs.h"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace exec {
namespace {

constexpr const char* kOutputFile = "output";
// The host takes no more than that as outputs either.
constexpr std::size_t kOutputBytes = 1u << 20;

template <typename Number>
std::optional<sr::Json> to_number(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  if constexpr (std::is_floating_point_v<Number>) {
    if (!std::isfinite(number)) return std::nullopt;
  }
  return sr::Json(number);
}

// Calls visit(name, value) for each line that has the form NAME=VALUE.
template <typename Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) visit(line.substr(0, equals), line.substr(equals + 1));
  }
}

void warn_of_others(const sr::Call& call, std::string_view text, std::string_view declared) {
  const auto names = call.members(declared);
  for_each_line(text, [&](std::string_view name, std::string_view) {
    for (const auto& [known, type] : names) {
      if (known == name) return;
    }
    call.warn("the program wrote an output that is not declared: " + std::string(name),
              {{"output", name}});
  });
}

}  // namespace

std::optional<std::string> find_output(std::string_view text, std::string_view name) {
  std::optional<std::string> found;
  for_each_line(text, [&](std::string_view key, std::string_view value) {
    if (key == name) found = value;
  });
  return found;
}

std::optional<sr::Json> to_json(std::string_view text, std::string_view type) {
  if (type == "integer") return to_number<std::int64_t>(text);
  if (type == "number") return to_number<double>(text);
  if (type == "string") return sr::is_utf8(text) ? std::optional(sr::Json(text)) : std::nullopt;
  if (text == "true" || text == "false") return sr::Json(text == "true");
  return std::nullopt;
}

void set_outputs(const sr::Call& call, std::string_view declared) {
  if (call.members(declared).empty()) return;
  const std::string text = read_scratch(call, kOutputFile, kOutputBytes).value_or("");
  for (const auto& [name, type] : call.members(declared)) {
    const auto value = find_output(text, name);
    if (!value) {
      throw sr::Failed("exec.output", "the program did not write the output `" + name + "`",
                       "append a line " + name + "=VALUE to the file that STAGERUN_OUTPUT names");
    }
    const auto json = to_json(*value, type);
    if (!json) {
      throw sr::Failed("exec.output", "the output `" + name + "` is declared as " + type +
                                          ", and the program wrote `" + *value + "`");
    }
    call.set(name, *json);
  }
  warn_of_others(call, text, declared);
}

std::string output_path(const sr::Call& call) {
  return std::string(call.scratch()) + "/" + kOutputFile;
}

void clear_outputs(const sr::Call& call) {
  std::error_code error;
  std::filesystem::remove(output_path(call), error);
  if (!error) return;
  throw sr::Failed("exec.scratch", "cannot clear " + output_path(call) + ": " + error.message(),
                   "look at the run's folder: it must be writable");
}

std::optional<std::string> read_scratch(const sr::Call& call, const char* name, std::size_t most) {
  const std::filesystem::path path = std::filesystem::path(call.scratch()) / name;
  std::error_code error;
  // A program may have put anything there; a pipe would never end.
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;
  if (std::filesystem::file_size(path, error) > most || error) {
    throw sr::Failed("exec.too_large", path.string() + " is larger than " + std::to_string(most) +
                                           " bytes, which is the most that fits");
  }
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(content).str();
}

}  // namespace exec
