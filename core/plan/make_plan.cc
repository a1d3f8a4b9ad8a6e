#include "core/plan/make_plan.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/plan/hint.h"
#include "core/plan/manifest.h"
#include "core/plan/order.h"
#include "core/plan/references.h"
#include "core/plan/resolve.h"
#include "core/plan/schema_check.h"

namespace stagerun {
namespace {

bool is_within(const std::string& pointer, const std::string& container) {
  return pointer.size() > container.size() && pointer.starts_with(container) &&
         pointer[container.size()] == '/';
}

// True where the answer of a flag or a read hangs on an expression that has no value yet.
bool hangs_on(const DecisivePlace& place, const std::string& unresolved) {
  if (is_within(place.pointer, unresolved)) return true;
  return place.by_value && (place.pointer == unresolved || is_within(unresolved, place.pointer));
}

bool awaits_a_stage(const Template& text) {
  return std::any_of(text.parts.begin(), text.parts.end(), [](const Template::Part& part) {
    if (!part.expression) return false;
    const auto references = part.expression->references();
    return std::any_of(references.begin(), references.end(),
                       [](const Reference* reference) { return reference->path[0] == "stages"; });
  });
}

// What would make the stage one that can be undone, as its manifest has it.
std::string undo_hint(const StageInfo& info) {
  std::vector<std::string> ways;
  const Value* flags = info.manifest.find("flags");
  const bool has_flags = flags != nullptr && flags->items() != nullptr;
  for (const Value& entry : has_flags ? *flags->items() : Value::Array{}) {
    const std::string added = entry.text_or("add");
    const std::string place = entry.text_or("has");
    if ((added != "compensable" && added != "reversible") || place.empty()) continue;
    ways.push_back(fmt::format("give it `{}`", printable(place.substr(1))));
  }
  ways.emplace_back("set acknowledge_irreversible = true");
  return fmt::format("{}", fmt::join(ways, ", or "));
}

class Planner {
 public:
  Planner(const Pipeline& pipeline, const Catalog& catalog, const Value& inputs,
          Diagnostics& diagnostics)
      : pipeline_(pipeline), catalog_(catalog), diagnostics_(diagnostics) {
    context_.set("inputs", inputs).set("stages", Value::object());
    for (const auto& [uses, entry] : catalog) uses_.push_back(uses);
    outputs_.resize(pipeline.stages.size());
    stages_.resize(pipeline.stages.size());
  }

  // The stages in the order in which they will run.
  std::vector<PlannedStage> make() {
    const StageGraph graph = make_graph(pipeline_, diagnostics_);
    const auto places = order(pipeline_, graph, diagnostics_).value_or(std::vector<std::size_t>());
    for (std::size_t i = 0; i < stages_.size(); ++i) bind(i);
    check_references(pipeline_, *context_.find("inputs"), graph, places, outputs_, diagnostics_);
    std::vector<PlannedStage> planned;
    for (const std::size_t i : places) planned.push_back(std::move(stages_[i]));
    return planned;
  }

 private:
  void bind(std::size_t i) {
    const StageSpec& spec = pipeline_.stages[i];
    const auto found = catalog_.find(spec.uses);
    if (found == catalog_.end()) {
      complain(spec.uses_span, fmt::format("no plugin offers `{}`", printable(spec.uses)),
               hint_for(spec.uses, uses_, diagnostics_));
      return;
    }
    const StageInfo& info = found->second.stage;
    // Once for each; the stages that use it have the same to say.
    if (checked_.insert(spec.uses).second && !is_sound(spec, info)) broken_.insert(spec.uses);
    if (broken_.count(spec.uses) != 0) return;
    const Resolved resolved = resolve(spec, context_);
    auto& shared = infos_[spec.uses];
    if (shared == nullptr) shared = std::make_shared<const StageInfo>(info);
    stages_[i] = {spec, found->second.plugin, shared, effective_flags(info, resolved.with)};
    check_configuration(spec, info, resolved);
    outputs_[i] = known_outputs(info, resolved.with);
    if (!check_decisive_places(spec, info, resolved)) return;
    if (stages_[i].irreversible() && !spec.acknowledge_irreversible) {
      complain(spec.span, fmt::format("stage `{}` could not be undone", spec.name),
               undo_hint(info));
    }
  }

  bool is_sound(const StageSpec& spec, const StageInfo& info) {
    std::vector<std::string> problems = manifest_problems(info.manifest);
    for (std::string& problem : schema_problems(info.schema))
      problems.push_back(std::move(problem));
    for (const std::string& problem : schema_problems(info.outputs)) {
      problems.push_back("of the outputs: " + problem);
    }
    for (const std::string& problem : problems) {
      complain(spec.uses_span, fmt::format("the plugin's `{}` is broken: {}", spec.uses, problem),
               "tell its author, or use another version of the plugin");
    }
    return problems.empty();
  }

  void check_configuration(const StageSpec& spec, const StageInfo& info, const Resolved& resolved) {
    const std::size_t before = diagnostics_.size();
    checker_.check(info.schema, spec, resolved, diagnostics_);
    const std::string pointer = info.manifest.text_or("outputs_from");
    const Value* outputs = pointer.empty() ? nullptr : resolved.with.at(pointer);
    if (diagnostics_.size() > before || outputs == nullptr || outputs->members() == nullptr) return;
    static const std::vector<std::string> kTypes = {"string", "integer", "number", "boolean"};
    for (const auto& [name, type] : *outputs->members()) {
      if (output_type(type)) continue;
      const Value* named = type.members() != nullptr ? type.find("type") : &type;
      const std::string word = named->text() != nullptr ? *named->text() : named->type_name();
      const auto span = spec.with_spans.find(pointer + "/" + pointer_token(name));
      complain(span != spec.with_spans.end() ? span->second : spec.span,
               fmt::format("output `{}` cannot be of type `{}`", printable(name), printable(word)),
               suggestion(word, kTypes));
    }
  }

  bool check_decisive_places(const StageSpec& spec, const StageInfo& info,
                             const Resolved& resolved) {
    bool is_decided = true;
    for (const DecisivePlace& place : decisive_places(info.manifest)) {
      for (const std::string& pointer : resolved.pointers) {
        if (!hangs_on(place, pointer)) continue;
        is_decided = false;
        // An input without a value has been reported by itself.
        if (!awaits_a_stage(spec.templates.at(pointer))) continue;
        complain(
            spec.with_spans.at(pointer),
            fmt::format("`{}` decides what the stage may do, so it must be known before the run",
                        printable(pointer)),
            "write it here, or take it from an input");
      }
    }
    return is_decided;
  }

  static KnownOutputs known_outputs(const StageInfo& info, const Value& with) {
    KnownOutputs outputs;
    outputs.is_known = true;
    const Value schema = outputs_schema(info, with);
    for (const auto& [name, type] : *schema.find("properties")->members()) {
      outputs.names.push_back(name);
    }
    std::sort(outputs.names.begin(), outputs.names.end());
    return outputs;
  }

  void complain(const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({span, std::move(text), std::move(hint)});
  }

  const Pipeline& pipeline_;
  const Catalog& catalog_;
  Diagnostics& diagnostics_;
  Value context_;
  std::vector<std::string> uses_;
  SchemaChecker checker_;
  std::set<std::string> checked_;
  std::set<std::string> broken_;
  std::map<std::string, std::shared_ptr<const StageInfo>> infos_;  // by `uses`
  std::vector<PlannedStage> stages_;  // by their place in the file, as outputs_
  std::vector<KnownOutputs> outputs_;
};

}  // namespace

std::optional<Plan> make_plan(const Pipeline& pipeline, const Catalog& catalog, Value inputs,
                              Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  Plan plan{pipeline.name,     pipeline.environment, {},
            std::move(inputs), pipeline.secrets,     Value::object()};
  plan.stages = Planner(pipeline, catalog, plan.inputs, diagnostics).make();
  if (diagnostics.size() > before) return std::nullopt;
  return plan;
}

}  // namespace stagerun
