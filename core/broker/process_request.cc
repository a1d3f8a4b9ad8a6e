#include "core/broker/process_request.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/broker/form.h"
#include "core/broker/scratch_file.h"
#include "core/model/plan.h"

namespace stagerun {
namespace {

namespace fs = std::filesystem;

// Links are followed first: what counts is where the process would really stand.
Result<fs::path> resolve_cwd(const fs::path& workspace, const fs::path& cwd) {
  if (cwd.empty()) return workspace;
  const Error outside =
      malformed(fmt::format("`cwd` {} is not inside the workspace", cwd.string()));
  if (cwd.is_absolute()) return outside;
  std::error_code error;
  const fs::path root = fs::weakly_canonical(workspace, error);
  const fs::path place = error ? fs::path() : fs::weakly_canonical(root / cwd, error);
  if (error) return malformed(fmt::format("`cwd` {}: {}", cwd.string(), error.message()));
  const fs::path inside = place.lexically_relative(root);
  if (inside.empty() || *inside.begin() == "..") return outside;
  return place;
}

Result<ProcessRequest::Output> parse_output(const Form& form) {
  using Output = ProcessRequest::Output;
  TRY_ASSIGN(const std::string name, form.text("output", "log"));
  if (name == "log") return Output::log;
  if (name == "lines") return Output::lines;
  if (name == "file") return Output::file;
  if (name == "none") return Output::none;
  return malformed("`output` must be one of: log, lines, file, none");
}

Result<std::string> parse_service_id(const Form& form, std::string_view member) {
  TRY_ASSIGN(std::string id, form.text(member, ""));
  if (!is_effect_id(id)) return malformed(fmt::format("`{}` must be an effect's id", member));
  return id;
}

Status check_env(const ProcessRequest& process) {
  for (const auto& [name, value] : process.env) {
    if (name.empty() || name.find('=') != std::string::npos) {
      return malformed(fmt::format("`env` has the name `{}`", name));
    }
  }
  return {};
}

Status check_whole(const ProcessRequest& process) {
  using Output = ProcessRequest::Output;
  if (process.argv.empty() || process.argv.front().empty()) {
    return malformed("`argv` must name a program; or `shell` a line for the shell");
  }
  const bool to_file = process.output == Output::file;
  if (to_file != !process.output_file.empty() ||
      (to_file && !is_scratch_name(process.output_file))) {
    return malformed(
        "`output_file` must be a plain file name, with `output` \"file\" and only then");
  }
  if (process.takes_input && process.input) {
    return malformed("`input` is the whole of it; there is no `stdin` beside it");
  }
  const bool shares =
      process.takes_input || process.input || to_file || process.output == Output::lines;
  if (process.leaves_running && shares) {
    return malformed(
        "a service has no `stdin` or `input`, and its output goes to a file of the run");
  }
  return check_env(process);
}

Result<std::vector<std::string>> parse_command(const Form& form) {
  if (!form.has("shell")) return form.texts("argv");
  if (form.has("argv")) return malformed("either `argv` or `shell`");
  TRY_ASSIGN(const std::string line, form.text("shell", ""));
  if (line.empty()) return malformed("`shell` is empty");
  return shell_argv(line);
}

Result<ProcessRequest> parse_start(const Form& form, const fs::path& workspace) {
  TRY(form.only({"argv", "shell", "cwd", "env", "inherit", "output", "output_file", "grace_ms",
                 "stdin", "input", "leaves_running"}));
  ProcessRequest process;
  TRY_ASSIGN(process.argv, parse_command(form));
  TRY_ASSIGN(const std::string cwd, form.text("cwd", ""));
  TRY_ASSIGN(process.cwd, resolve_cwd(workspace, cwd));
  TRY_ASSIGN(process.env, form.pairs("env"));
  if (form.has("inherit")) {
    TRY_ASSIGN(process.inherit, form.texts("inherit"));
  }
  TRY_ASSIGN(process.output, parse_output(form));
  TRY_ASSIGN(process.output_file, form.text("output_file", ""));
  TRY_ASSIGN(process.grace_ms,
             form.whole("grace_ms", limits::kTermGrace, 0, limits::kTermGraceMax));
  TRY_ASSIGN(process.takes_input, form.flag("stdin"));
  TRY_ASSIGN(process.input, form.payload("input"));
  TRY_ASSIGN(process.leaves_running, form.flag("leaves_running"));
  TRY(check_whole(process));
  return process;
}

}  // namespace

Result<ProcessRequest> parse_process(const Value& request, const fs::path& workspace) {
  const Form form(request);
  ProcessRequest process;
  if (form.has("stop")) {
    TRY(form.only({"stop", "grace_ms"}));
    TRY_ASSIGN(process.stop, parse_service_id(form, "stop"));
    TRY_ASSIGN(process.grace_ms,
               form.whole("grace_ms", limits::kTermGrace, 0, limits::kTermGraceMax));
    return process;
  }
  if (form.has("alive")) {
    TRY(form.only({"alive"}));
    TRY_ASSIGN(process.alive, parse_service_id(form, "alive"));
    return process;
  }
  return parse_start(form, workspace);
}

std::vector<std::string> environment_of(const ProcessRequest& request,
                                        std::vector<std::string> inherited) {
  const auto is_unwanted = [&](std::string_view entry) {
    const std::string_view name = entry.substr(0, entry.find('='));
    const bool replaced = std::any_of(request.env.begin(), request.env.end(),
                                      [&](const auto& own) { return own.first == name; });
    const auto& only = request.inherit;
    return replaced || (only && std::find(only->begin(), only->end(), name) == only->end());
  };
  std::erase_if(inherited, is_unwanted);
  for (const auto& [name, value] : request.env) inherited.push_back(name + "=" + value);
  return inherited;
}

}  // namespace stagerun
