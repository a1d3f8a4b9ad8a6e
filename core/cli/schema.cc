// stagerun schema
#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/cli/commands.h"
#include "core/cli/host.h"
#include "core/cli/plugin_files.h"
#include "core/cli/print.h"
#include "core/config/pipeline_reference.h"
#include "core/config/pipeline_schema.h"
#include "core/plan/with_schema.h"

namespace stagerun {
namespace {

// What can be used. What cannot is told, and is the status.
std::vector<UsesSchema> stages_of(const Catalog& catalog, int& status) {
  std::vector<UsesSchema> stages;
  for (const auto& [uses, entry] : catalog) {
    const auto& [plugin, stage] = entry;
    if (const auto problems = stage_problems(stage); !problems.empty()) {
      status = print_error({ErrorCode::plugin,
                            fmt::format("the plugin's `{}` is broken: {}", uses, problems[0]),
                            "it is left out; tell its author, or use another version"});
      continue;
    }
    stages.push_back({uses, stage.summary, with_schema(stage.schema), part_schema(stage.schema),
                      needs_with(stage.schema)});
  }
  return stages;
}

Catalog find_all(Host& host, int& status) {
  const auto folders = plugin_folders(host.arguments.plugin_folders);
  Catalog catalog;
  for (const std::string& name : plugin_names(folders)) {
    const auto plugin = host.find(name);
    if (!plugin) {
      status = print_error(plugin.error());
    } else if (plugin->name == name) {  // else no `uses` finds it
      add_to(catalog, *plugin);
    }
  }
  return catalog;
}

}  // namespace

int schema_command(const Arguments& arguments) {
  if (arguments.format == "markdown") {
    print_result(pipeline_reference());
    return exit_succeeded;
  }
  Host host(arguments);
  int status = exit_succeeded;
  const Catalog catalog = find_all(host, status);
  const Value schema = pipeline_schema(stages_of(catalog, status), with_definitions());
  const std::string text = render_json_pretty(schema) + "\n";
  if (text.size() > limits::kSchemaBytes) {
    return print_error({ErrorCode::plugin, "the schema is larger than any editor reads",
                        "put fewer plugins into the folders (stagerun plugin list)"});
  }
  print_result(text);
  return status;
}

}  // namespace stagerun
