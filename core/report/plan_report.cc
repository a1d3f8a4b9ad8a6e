#include "core/report/plan_report.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

std::string reversibility(const PlannedStage& stage) {
  if (stage.reads_only()) return "reads only";
  if (stage.irreversible()) return "irreversible";
  return (stage.flags & flag_reversible) != 0 ? "reversible" : "compensable";
}

// From here on the run cannot be undone as a whole: the first irreversible stage.
std::string point_of_no_return(const Plan& plan) {
  for (const PlannedStage& stage : plan.stages) {
    if (stage.is_chosen && stage.irreversible()) return stage.spec.name;
  }
  return "";
}

// "2 of " where not all of them are.
std::string chosen_of(const Plan& plan) {
  if (plan.choice.is_all()) return "";
  const auto count = std::count_if(plan.stages.begin(), plan.stages.end(),
                                   [](const PlannedStage& stage) { return stage.is_chosen; });
  return fmt::format("{} of ", count);
}

std::vector<std::string> flag_names(std::uint32_t flags) {
  std::vector<std::string> names;
  if ((flags & flag_idempotent) != 0) names.emplace_back("idempotent");
  if ((flags & flag_resumable) != 0) names.emplace_back("resumable");
  if ((flags & flag_reversible) != 0) names.emplace_back("reversible");
  if ((flags & flag_compensable) != 0) names.emplace_back("compensable");
  if ((flags & flag_reads_only) != 0) names.emplace_back("reads_only");
  return names;
}

std::vector<std::string> verb_names(const StageInfo& stage) {
  std::vector<std::string> names;
  for (const Verb verb : {Verb::validate, Verb::plan, Verb::apply, Verb::verify, Verb::rollback}) {
    if (stage.has(verb)) names.emplace_back(to_string(verb));
  }
  return names;
}

std::string use_name(const PluginInfo& plugin, const StageInfo& stage) {
  return stage.name == plugin.name ? plugin.name : plugin.name + "." + stage.name;
}

Value list(const std::vector<std::string>& texts) {
  Value array = Value::array();
  for (const std::string& text : texts) array.push(text);
  return array;
}

}  // namespace

std::string plan_text(const Plan& plan, const std::vector<StageForecast>& forecasts) {
  std::string out =
      fmt::format("{}: {}{} stages\n", plan.pipeline_name, chosen_of(plan), plan.stages.size());
  for (const StageForecast& forecast : forecasts) {
    const PlannedStage& stage = *plan.find(forecast.stage);
    if (!stage.is_chosen) {
      out += fmt::format("\n  {} (not chosen)\n", forecast.stage);
      continue;
    }
    out += fmt::format("\n  {} ({}, {})\n", forecast.stage, stage.spec.uses, reversibility(stage));
    if (!forecast.waits_for.empty()) {
      out += fmt::format("    known once `{}` has a value\n", forecast.waits_for);
    }
    const Value::Array* changes = forecast.changes.items();
    const bool none = changes == nullptr || changes->empty();
    if (none && forecast.waits_for.empty()) out += "    changes nothing\n";
    for (const Value& change : none ? Value::Array{} : *changes) {
      out += fmt::format("    {} {}\n", printable(change.text_or("do")),
                         printable(change.text_or("what")));
    }
  }
  const std::string no_return = point_of_no_return(plan);
  out += no_return.empty() ? "\nevery stage that writes can go back\n"
                           : fmt::format("\npoint of no return: {}\n", no_return);
  return out;
}

Value plan_value(const Plan& plan, const std::vector<StageForecast>& forecasts) {
  Value stages = Value::array();
  for (const StageForecast& forecast : forecasts) {
    const PlannedStage& stage = *plan.find(forecast.stage);
    Value row;
    row.set("stage", forecast.stage)
        .set("uses", stage.spec.uses)
        .set("chosen", stage.is_chosen)
        .set("reversibility", reversibility(stage))
        .set("waits_for", forecast.waits_for.empty() ? Value() : Value(forecast.waits_for))
        .set("changes", forecast.changes);
    stages.push(std::move(row));
  }
  const std::string no_return = point_of_no_return(plan);
  Value value;
  value.set("pipeline", plan.pipeline_name)
      .set("stages", std::move(stages))
      .set("point_of_no_return", no_return.empty() ? Value() : Value(no_return));
  return value;
}

std::string plugin_text(const PluginInfo& plugin) {
  std::string out =
      fmt::format("{} {}\n  file    {}\n  sha256  {}\n  abi     {}.{}\n", plugin.name,
                  plugin.version, plugin.path, plugin.digest, plugin.abi_major, plugin.abi_minor);
  for (const StageInfo& stage : plugin.stages) {
    out += fmt::format("\n  uses = \"{}\"\n    {}\n", use_name(plugin, stage), stage.summary);
    out += fmt::format("    flags   {}\n", fmt::join(flag_names(stage.flags), ", "));
    out += fmt::format("    verbs   {}\n", fmt::join(verb_names(stage), ", "));
    if (!stage.manifest.is_null())
      out += fmt::format("    manifest {}\n", render_json(stage.manifest));
    out += fmt::format("    with    {}\n", render_json(stage.schema));
    if (!stage.outputs.is_null())
      out += fmt::format("    outputs {}\n", render_json(stage.outputs));
  }
  return out;
}

Value plugin_value(const PluginInfo& plugin) {
  Value stages = Value::array();
  for (const StageInfo& stage : plugin.stages) {
    Value row;
    row.set("uses", use_name(plugin, stage))
        .set("summary", stage.summary)
        .set("flags", list(flag_names(stage.flags)))
        .set("verbs", list(verb_names(stage)))
        .set("manifest", stage.manifest)
        .set("schema", stage.schema)
        .set("outputs", stage.outputs);
    stages.push(std::move(row));
  }
  Value value;
  value.set("name", plugin.name)
      .set("version", plugin.version)
      .set("path", plugin.path)
      .set("digest", plugin.digest)
      .set("stages", std::move(stages));
  return value;
}

}  // namespace stagerun
