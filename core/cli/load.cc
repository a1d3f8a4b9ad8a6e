#include "core/cli/load.h"

#include <algorithm>
#include <map>
#include <system_error>

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/cli/inputs.h"
#include "core/cli/print.h"
#include "core/cli/secrets.h"
#include "core/cli/surroundings.h"
#include "core/config/read_pipeline.h"
#include "core/plan/inputs.h"
#include "core/plan/make_plan.h"

namespace stagerun {
namespace {

// A plugin that is missing or broken is nothing that the user's file is wrong about.
int status_of(const Diagnostics& diagnostics) {
  const bool all = std::all_of(diagnostics.begin(), diagnostics.end(),
                               [](const auto& found) { return found.code.starts_with("plugin."); });
  return all ? exit_plugin : exit_usage;
}

int print_problems(const Host& host, const Diagnostics& diagnostics, const Source& source) {
  print_diagnostics(diagnostics, source, host.arguments.format == "json");
  return status_of(diagnostics);
}

// Asks the plugin of every stage that names one. Where that fails, it is reported once, at the
// first of them, and no more is asked of those that use it.
Result<Catalog> find_plugins(Host& host, Pipeline& pipeline, Diagnostics& diagnostics) {
  Catalog catalog;
  std::map<std::string, bool> found;
  for (StageSpec& stage : pipeline.stages) {
    if (stage.uses.empty()) continue;
    const std::string name = stage.uses.substr(0, stage.uses.find('.'));
    const auto [entry, is_new] = found.emplace(name, true);
    if (is_new) {
      const auto plugin = host.find(name);
      entry->second = plugin.has_value();
      if (plugin) {
        add_to(catalog, *plugin);
      } else if (plugin.error().code != ErrorCode::plugin) {
        return plugin.error();
      } else {
        diagnostics.push_back(
            {"plugin.unusable", stage.uses_span, plugin.error().text, plugin.error().hint});
      }
    }
    if (!entry->second) stage.uses.clear();
  }
  return catalog;
}

Result<Source> read_source(const std::string& given) {
  std::error_code none;
  std::filesystem::path file = given;
  if (std::filesystem::is_directory(file, none)) file /= "pipeline.toml";
  auto text = read_file(file, limits::kPipelineBytes);
  if (!text)
    return Error{ErrorCode::usage, text.error().text, "give the pipeline's file or folder"};
  return Source{file.string(), *std::move(text)};
}

std::filesystem::path state_of(const Pipeline& pipeline, const Arguments& arguments,
                               const std::filesystem::path& workspace) {
  constexpr std::string_view kFolder = "dir:";
  if (!arguments.state.empty() || pipeline.state.empty()) return arguments.state_folder();
  return workspace / pipeline.state.substr(kFolder.size());
}

std::variant<Loaded, int> plan_it(const Host& host, Pipeline pipeline, const Catalog& catalog,
                                  Value inputs, Value surroundings, Choice choice,
                                  const std::string& handle_key, Diagnostics diagnostics,
                                  Loaded loaded) {
  auto plan = make_plan(std::move(pipeline), catalog, std::move(inputs), diagnostics,
                        std::move(surroundings), std::move(choice));
  if (!diagnostics.empty()) return print_problems(host, diagnostics, loaded.source);
  CHECK(plan.has_value());
  loaded.plan = *std::move(plan);
  loaded.secrets = name_secrets(loaded.plan, handle_key);
  return loaded;
}

Result<Catalog> recorded_catalog(Host& host, const Value& plugins) {
  Catalog catalog;
  const Value::Array none;
  for (const Value& recorded : plugins.items() != nullptr ? *plugins.items() : none) {
    TRY_ASSIGN(const PluginInfo plugin, host.describe(recorded.text_or("path")));
    if (plugin.digest != recorded.text_or("digest")) {
      return Error{ErrorCode::plugin,
                   fmt::format("plugin {} ({}) is another one than when the run began", plugin.name,
                               plugin.path),
                   "put back the plugin that the run began with"};
    }
    add_to(catalog, plugin);
  }
  return catalog;
}

}  // namespace

int check_start(const Host& host, const Loaded& loaded) {
  Diagnostics diagnostics;
  check_surroundings(loaded.plan, diagnostics);
  open_secrets(loaded.plan, loaded.workspace, host.director.get(), *loaded.secrets, diagnostics);
  return diagnostics.empty() ? int{exit_succeeded}
                             : print_problems(host, diagnostics, loaded.source);
}

int open_secrets(const Host& host, const Loaded& loaded) {
  Diagnostics diagnostics;
  open_secrets(loaded.plan, loaded.workspace, host.director.get(), *loaded.secrets, diagnostics);
  return diagnostics.empty() ? int{exit_succeeded}
                             : print_problems(host, diagnostics, loaded.source);
}

std::variant<Loaded, int> load_pipeline(Host& host) {
  auto source = read_source(host.arguments.pipeline);
  if (!source) return print_error(source.error());
  Diagnostics diagnostics;
  auto pipeline = read_pipeline(*source, diagnostics, host.arguments.environment);
  if (!pipeline) return print_problems(host, diagnostics, *source);
  const auto catalog = find_plugins(host, *pipeline, diagnostics);
  if (!catalog) return print_error(catalog.error());
  const auto given = given_inputs(*pipeline, host.arguments);
  if (const int* status = std::get_if<int>(&given)) return *status;
  Value inputs = check_inputs(*pipeline, std::get<Given>(given), diagnostics);
  Loaded loaded;
  std::error_code none;
  loaded.workspace = std::filesystem::canonical(source->path, none).parent_path();
  loaded.source = *std::move(source);
  loaded.state = state_of(*pipeline, host.arguments, loaded.workspace);
  loaded.rehearse = pipeline->rehearse;
  loaded.variables = pipeline->variables;
  auto surroundings = read_surroundings(*pipeline, loaded.workspace, loaded.state, diagnostics);
  if (!surroundings) return print_error(surroundings.error());
  return plan_it(host, *std::move(pipeline), *catalog, std::move(inputs), *std::move(surroundings),
                 host.arguments.choice, make_handle_key(), std::move(diagnostics),
                 std::move(loaded));
}

std::variant<Loaded, int> load_from_run(Host& host, const RunStarted& started) {
  Loaded loaded;
  loaded.source = {started.pipeline_path, started.pipeline_text};
  loaded.workspace = started.workspace;
  Diagnostics diagnostics;
  auto pipeline = read_pipeline(loaded.source, diagnostics, started.environment);
  if (!pipeline) return print_problems(host, diagnostics, loaded.source);
  const auto catalog = recorded_catalog(host, started.plugins);
  if (!catalog) return print_error(catalog.error());
  return plan_it(host, *std::move(pipeline), *catalog, started.inputs, started.surroundings,
                 Choice{started.from, started.only}, started.handle_key, std::move(diagnostics),
                 std::move(loaded));
}

}  // namespace stagerun
