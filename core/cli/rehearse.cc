// stagerun rehearse PIPELINE: runs it for real in a copy of the workspace that is nobody's, and
// then again for each thing that can go wrong.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/temporary_folder.h"
#include "core/cli/commands.h"
#include "core/cli/load.h"
#include "core/cli/plugin_files.h"
#include "core/cli/print.h"
#include "core/cli/rehearsed.h"
#include "core/rehearsal/controller.h"
#include "core/report/matrix_junit.h"
#include "core/report/matrix_text.h"
#include "core/report/matrix_value.h"

namespace stagerun {
namespace {

namespace fs = std::filesystem;
using rehearsal::Production;
using rehearsal::World;

// What a rehearsed program may know of this machine: nothing that opens doors elsewhere.
bool may_be_known(const std::string& name, const std::vector<std::string>& listed) {
  const bool is_locale = name == "LANG" || name == "TZ" || name.starts_with("LC_");
  return name == "PATH" || is_locale ||
         std::find(listed.begin(), listed.end(), name) != listed.end();
}

std::vector<std::string> environment_in(const fs::path& home,
                                        const std::vector<std::string>& listed) {
  std::vector<std::string> kept;
  for (const std::string& variable : own_environment()) {
    if (may_be_known(variable.substr(0, variable.find('=')), listed)) kept.push_back(variable);
  }
  kept.push_back("HOME=" + home.string());
  kept.push_back("TMPDIR=" + home.string());
  return kept;
}

std::vector<std::string> options_of_run(const Arguments& arguments) {
  std::vector<std::string> options;
  for (const auto& [name, value] : arguments.inputs) {
    options.insert(options.end(), {"-i", name + "=" + value});
  }
  const auto add = [&](const char* option, const std::string& value) {
    if (!value.empty()) options.insert(options.end(), {option, value});
  };
  if (!arguments.inputs_file.empty()) add("--inputs", fs::absolute(arguments.inputs_file));
  add("--environment", arguments.environment);
  add("--from", arguments.choice.from);
  for (const std::string& stage : arguments.choice.only) add("--only", stage);
  return options;
}

// What makes it this rehearsal, for who wants it again.
std::vector<std::string> options_of_rehearsal(const Arguments& arguments) {
  std::vector<std::string> options = options_of_run(arguments);
  for (const std::string& real : arguments.real) options.insert(options.end(), {"--real", real});
  if (arguments.seed != 0)
    options.insert(options.end(), {"--seed", std::to_string(arguments.seed)});
  return options;
}

// Runs of a rehearsal stand in the scratch workspace, whatever the pipeline's own store is.
std::vector<std::string> common_options(const Arguments& arguments) {
  std::vector<std::string> options = {"--state", "dir:.stagerun"};
  for (const fs::path& folder : plugin_folders(arguments.plugin_folders)) {
    options.insert(options.end(), {"--plugins", fs::absolute(folder)});
  }
  return options;
}

Production production_of(const Arguments& arguments, const Loaded& loaded, const fs::path& home) {
  Production production;
  production.program = (program_folder() / "stagerun").string();
  production.environment = environment_in(home, loaded.variables);
  production.pipeline = fs::path(loaded.source.path).filename().string();
  production.state = ".stagerun";
  production.of_run = options_of_run(arguments);
  production.common = common_options(arguments);
  production.spec = loaded.rehearse;
  for (const std::string& real : arguments.real) production.spec.real.push_back(real);
  for (const SecretSpec& secret : loaded.plan.secrets) production.secrets.push_back(secret.name);
  production.seed = arguments.seed;
  return production;
}

std::string render(const Rehearsal& found, const Arguments& arguments) {
  if (arguments.format == "junit") return matrix_junit(found, arguments.pipeline);
  if (arguments.format == "json") {
    return render_json_pretty(matrix_value(found, arguments.pipeline)) + "\n";
  }
  return matrix_text(found, arguments.pipeline);
}

Result<Rehearsal> rehearse_it(const Arguments& arguments, const Loaded& loaded) {
  TRY_ASSIGN(const TemporaryFolder folder, TemporaryFolder::make());
  const fs::path home = folder.path() / "home";
  TRY(make_folder(home));
  TRY_ASSIGN(World origin,
             World::copy_of(loaded.workspace, loaded.state.lexically_relative(loaded.workspace),
                            folder.path() / "origin"));
  TRY_ASSIGN(World world, origin.copy_to(folder.path() / "world"));
  const auto tell = [&](const Scenario& scenario) {
    if (arguments.verbosity != Verbosity::verbose) return;
    print_note(fmt::format("{}: {}\n", scenario.fault, scenario.outcome));
  };
  TRY_ASSIGN(Rehearsal found, rehearse(production_of(arguments, loaded, home), origin, world,
                                       loaded.plan, {arguments.faults, arguments.fault}, tell));
  found.pipeline_digest = pipeline_digest(loaded, arguments);
  found.options = options_of_rehearsal(arguments);
  return found;
}

// With a host that is gone when the rehearsal begins: its workers would be descendants, too.
std::variant<Loaded, int> load(const Arguments& arguments) {
  Host host(arguments);
  return load_pipeline(host);
}

}  // namespace

int rehearse_command(const Arguments& arguments) {
  const auto loading = load(arguments);
  if (const int* status = std::get_if<int>(&loading)) return *status;
  const auto found = rehearse_it(arguments, std::get<Loaded>(loading));
  if (!found) return print_error(found.error());
  const Status kept = keep_rehearsal(std::get<Loaded>(loading), arguments, *found);
  if (!kept) return print_error(kept.error());
  const std::string text = render(*found, arguments);
  if (arguments.output.empty()) {
    print_result(text);
  } else if (const Status written = replace_file(arguments.output, text); !written) {
    return print_error(written.error());
  }
  return found->has_broken() ? int{exit_writes_stand} : int{exit_succeeded};
}

}  // namespace stagerun
