#include "core/cli/rehearsed.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

std::filesystem::path record_of(const Loaded& loaded, const std::string& digest) {
  return loaded.state / "rehearsals" / digest;
}

// Everything was tried, nothing was broken, and what was not tried may stay so.
bool vouches(const Arguments& arguments, const Rehearsal& found) {
  return arguments.faults == "all" && arguments.fault.empty() && !found.has_broken() &&
         found.unaccepted.empty();
}

}  // namespace

std::string pipeline_digest(const Loaded& loaded, const Arguments& arguments) {
  Value plugins = Value::object();
  for (const PlannedStage& stage : loaded.plan.stages) {
    plugins.set(stage.plugin.name, stage.plugin.digest);
  }
  Value only = Value::array();
  for (const std::string& stage : arguments.choice.only) only.push(stage);
  return sha256_hex(render_json(Value::object()
                                    .set("pipeline", loaded.source.text)
                                    .set("environment", arguments.environment)
                                    .set("from", arguments.choice.from)
                                    .set("only", std::move(only))
                                    .set("plugins", std::move(plugins))));
}

Status keep_rehearsal(const Loaded& loaded, const Arguments& arguments, const Rehearsal& found) {
  if (!vouches(arguments, found)) return {};
  const auto file = record_of(loaded, found.pipeline_digest);
  TRY(make_folder(file.parent_path()));
  return replace_file(file,
                      render_json(Value::object()
                                      .set("pipeline", found.pipeline)
                                      .set("scenarios", Value(std::int64_t(found.scenarios.size())))
                                      .set("at", utc_time(SystemClock().now_ms()))) +
                          "\n");
}

Status require_rehearsal(const Loaded& loaded, const Arguments& arguments) {
  std::error_code none;
  const auto file = record_of(loaded, pipeline_digest(loaded, arguments));
  if (std::filesystem::is_regular_file(file, none)) return {};
  return Error{ErrorCode::usage,
               fmt::format("{}, as it is now, was not rehearsed", loaded.source.path),
               fmt::format("`stagerun rehearse {} --faults all` rehearses it; it counts where "
                           "nothing is broken and nothing stays unrehearsed",
                           arguments.pipeline)};
}

}  // namespace stagerun
