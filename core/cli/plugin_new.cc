// stagerun plugin new NAME: a project of one's own for a plugin, complete with tests.
#include <algorithm>
#include <sys/stat.h>
#include <system_error>

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/cli/commands.h"
#include "core/cli/plugin_files.h"
#include "core/cli/plugin_template.h"
#include "core/cli/print.h"

namespace stagerun {
namespace {

// What the project is called, and by what name pipelines use its stage.
struct Names {
  std::string module;
  std::string stage;
};

// CMake keeps these names for targets of its own.
constexpr std::string_view kTakenByCMake[] = {"all",
                                              "clean",
                                              "codegen",
                                              "depend",
                                              "edit_cache",
                                              "help",
                                              "install",
                                              "package",
                                              "package_source",
                                              "preinstall",
                                              "rebuild_cache",
                                              "test",
                                              "list_install_components"};

bool may_begin(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool may_stand(char c) { return may_begin(c) || c == '-' || c == '_'; }

// What is wrong with one part of a name; "" where nothing is.
std::string problem_of(std::string_view part) {
  if (part.empty()) return "a part of it is empty";
  const auto wrong = std::find_if_not(part.begin(), part.end(), may_stand);
  if (wrong != part.end()) {
    const auto rest = part.substr(static_cast<std::size_t>(wrong - part.begin()));
    // Of UTF-8 the whole character.
    const auto more = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
    const auto end = std::find_if_not(rest.begin() + 1, rest.end(), more);
    return fmt::format("`{}` may not stand in it", printable({rest.begin(), end}));
  }
  if (!may_begin(part.front())) return fmt::format("`{}` may not come first", part.front());
  if (part.size() > limits::kNameBytes) {
    return fmt::format("`{}` has {} characters", part, part.size());
  }
  return "";
}

Error bad_name(const std::string& name, const std::string& why) {
  return {ErrorCode::usage, fmt::format("`{}` cannot be a plugin's name: {}", name, why),
          fmt::format("write MODULE.STAGE, or NAME where they are called alike; each of a-z, 0-9, "
                      "_ and -, a letter or digit first, at most {} characters",
                      limits::kNameBytes)};
}

Error taken_name(const std::string& module, const std::string& by) {
  return {ErrorCode::usage, fmt::format("`{}` cannot be a plugin's name: {}", module, by),
          "choose another name"};
}

Result<Names> read_names(const std::string& name) {
  const std::size_t dot = name.find('.');
  const std::string module = name.substr(0, dot);
  const std::string stage = dot == name.npos ? module : name.substr(dot + 1);
  for (const std::string& part : {module, stage}) {
    const std::string problem = problem_of(part);
    if (!problem.empty()) return bad_name(name, problem);
  }
  if (std::ranges::count(kTakenByCMake, module) > 0) {
    return taken_name(module, "CMake has a target of that name");
  }
  const auto folders = plugin_folders({});
  if (std::ranges::count(plugin_names(folders), module) > 0) {
    const auto file = find_plugin(module, folders);
    return taken_name(module, "there is one already: " + (file ? file->string() : ""));
  }
  // A stage that is called as its module is used by that name alone (stagerun.h).
  return Names{module, stage == module ? module : name};
}

std::string shown(const std::filesystem::path& path) { return printable(path.string()); }

std::string with_names(std::string_view text, const Names& names) {
  std::string result;
  for (;;) {
    const std::size_t at = text.find(kTemplateModule);
    if (at == text.npos) return result.append(text);
    result.append(text.substr(0, at));
    text.remove_prefix(at);
    const bool is_stage = text.starts_with(kTemplateStage);
    result += is_stage ? names.stage : names.module;
    text.remove_prefix((is_stage ? kTemplateStage : kTemplateModule).size());
  }
}

// The folder, made where it is not there; nothing may be in it.
Status make_empty(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return Error{ErrorCode::usage,
                 fmt::format("cannot make the folder {}: {}", folder.string(), error.message()),
                 "choose another one with --into"};
  }
  const bool is_empty = std::filesystem::is_empty(folder, error);
  if (!error && is_empty) return {};
  return Error{
      ErrorCode::usage,
      error ? fmt::format("cannot look into {}: {}", folder.string(), error.message())
            : fmt::format("{} is not empty, and nothing in it is overwritten", folder.string()),
      "choose another folder with --into"};
}

Status write_one(const std::filesystem::path& folder, const std::string& path,
                 std::string_view text) {
  std::error_code error;
  std::filesystem::create_directories((folder / path).parent_path(), error);
  return create_file(folder / path, text);  // which says so, where there is no folder for it
}

// Gives back how many there are.
Result<std::size_t> write_project(const std::filesystem::path& folder, const Names& names) {
  TRY(make_empty(folder));
  std::vector<std::string> written;
  for (const TemplateFile& file : plugin_template()) {
    const std::string path = with_names(file.path, names);
    Status done = write_one(folder, path, with_names(file.text, names));
    if (!done) {
      const std::string which = fmt::format("{}", fmt::join(written, ", "));
      return Error{
          ErrorCode::surroundings, done.error().text,
          fmt::format("written in {}: {}", shown(folder), written.empty() ? "nothing" : which)};
    }
    written.push_back(path);
  }
  return written.size();
}

// As a word of a shell's line.
std::string shell_word(const std::string& text) {
  const auto is_plain = [](char c) {
    return may_stand(c) || (c >= 'A' && c <= 'Z') || c == '/' || c == '.';
  };
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string what_next(const std::filesystem::path& folder) {
  const std::string source = shell_word(folder.string());
  const std::string build = shell_word((folder / "build").string());
  const std::string prefix = shell_word(program_folder().parent_path().string());
  return fmt::format(
      "  cmake -S {} -B {} -DCMAKE_PREFIX_PATH={}\n"
      "  cmake --build {} && ctest --test-dir {} --output-on-failure\n"
      "{} says how to go on\n",
      source, build, prefix, build, build, shown(folder / "README.md"));
}

}  // namespace

int plugin_new_command(const Arguments& arguments) {
  const auto names = read_names(arguments.plugin);
  if (!names) return print_error(names.error());
  auto folder = arguments.into.empty() ? std::filesystem::path(names->module)
                                       : arguments.into.lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();  // of "x/"
  // No plugin is taken from a folder that others can write (core/link/plugin_file.h).
  ::umask(::umask(0) | 022);
  const auto count = write_project(folder, *names);
  if (!count) return print_error(count.error());
  print_result(fmt::format("{} files are in {}; next:\n", *count, shown(folder)) +
               what_next(folder));
  return exit_succeeded;
}

}  // namespace stagerun
