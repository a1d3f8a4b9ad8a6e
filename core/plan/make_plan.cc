#include "core/plan/make_plan.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/plan/choose.h"
#include "core/plan/evaluate.h"
#include "core/plan/hint.h"
#include "core/plan/manifest.h"
#include "core/plan/order.h"
#include "core/plan/reference_types.h"
#include "core/plan/references.h"
#include "core/plan/resolve.h"
#include "core/plan/schema_check.h"
#include "core/plan/types.h"
#include "core/plan/unused.h"
#include "core/plan/with_schema.h"

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
                       [](const Reference* reference) { return reference->path[0] != "inputs"; });
  });
}

// What a stage that is left out would have set is null, where that does no harm.
void forget(Expression& expression, bool in_condition, const std::set<std::string>& left_out) {
  const auto harmless = may_be_absent(expression);
  for (std::size_t i = 0; i < expression.nodes.size(); ++i) {
    Expression::Node& node = expression.nodes[i];
    const bool is_output =
        node.kind == Expression::Kind::reference && node.reference.path[0] == "stages";
    if (!is_output || left_out.count(node.reference.path[1]) == 0) continue;
    if (!in_condition && !harmless[i]) continue;
    node.kind = Expression::Kind::literal;
    node.reference = {};
  }
}

void forget(StageSpec& spec, const std::set<std::string>& left_out) {
  if (spec.condition) forget(*spec.condition, true, left_out);
  for (auto& [pointer, text] : spec.templates) {
    for (Template::Part& part : text.parts) {
      if (part.expression) forget(*part.expression, false, left_out);
    }
  }
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
  Planner(Pipeline& pipeline, const Catalog& catalog, const Plan& plan, Diagnostics& diagnostics)
      : pipeline_(pipeline),
        catalog_(catalog),
        inputs_(plan.inputs),
        choice_(plan.choice),
        context_(context_of(plan)),
        types_(pipeline, plan.inputs),
        diagnostics_(diagnostics) {
    for (const auto& [uses, entry] : catalog) uses_.push_back(uses);
    for (const StageSpec& stage : pipeline.left_out) left_out_.insert(stage.name);
    outputs_.resize(pipeline.stages.size());
    stages_.resize(pipeline.stages.size());
    resolved_.resize(pipeline.stages.size());
  }

  // The stages in the order in which they will run, taken out of the pipeline.
  std::vector<PlannedStage> make() {
    const std::size_t before = diagnostics_.size();
    const StageGraph graph = make_graph(pipeline_, diagnostics_);
    auto places = order(pipeline_, graph, diagnostics_).value_or(std::vector<std::size_t>());
    for (std::size_t i = 0; i < stages_.size(); ++i) bind(i);
    for (std::size_t i = 0; i < stages_.size(); ++i) check(i);
    // Where a need is wrong, so may be whatever follows from it.
    const bool order_is_known =
        std::none_of(pipeline_.stages.begin(), pipeline_.stages.end(),
                     [](const StageSpec& stage) { return stage.is_broken; }) &&
        !is_reported_since(before, "stage.need");
    check_references(pipeline_, inputs_, graph,
                     order_is_known ? places : std::vector<std::size_t>(), outputs_, diagnostics_);
    check_listed(pipeline_, diagnostics_);
    const auto chosen = choose(pipeline_, graph, places, choice_, diagnostics_);
    for (const std::size_t i : places) {
      stages_[i].spec = std::move(pipeline_.stages[i]);
      stages_[i].is_chosen = chosen[i];
    }
    // Written in the order in which they will run, as most are: no second list of thousands.
    const bool is_in_order = std::is_sorted(places.begin(), places.end());
    if (is_in_order && places.size() == stages_.size()) return std::move(stages_);
    std::vector<PlannedStage> planned;
    planned.reserve(places.size());
    for (const std::size_t i : places) planned.push_back(std::move(stages_[i]));
    return planned;
  }

 private:
  // What a stage is, and what it will set: of all of them, before any is checked.
  void bind(std::size_t i) {
    StageSpec& spec = pipeline_.stages[i];
    if (spec.uses.empty()) return;
    const auto found = catalog_.find(spec.uses);
    if (found == catalog_.end()) {
      complain("stage.uses", spec.uses_span,
               fmt::format("no plugin offers `{}`", printable(spec.uses)),
               hint_for(spec.uses, uses_, diagnostics_));
      return;
    }
    const StageInfo& info = found->second.stage;
    auto& shared = infos_[spec.uses];
    if (shared == nullptr) {
      // Once for each; the stages that use it have the same to say.
      shared = std::make_shared<const StageInfo>(info);
      if (!is_sound(spec, info)) broken_.insert(spec.uses);
    }
    if (spec.is_broken || broken_.count(spec.uses) != 0) return;
    stages_[i] = {{}, found->second.plugin, shared, 0};
    if (!left_out_.empty()) forget(spec, left_out_);
    resolved_[i] = resolve(spec, context_);
    stages_[i].flags = effective_flags(info, resolved_[i]->with);
    stages_[i].verifies_good_apply = verifies_good_apply(info, resolved_[i]->with);
    outputs_[i] = outputs_schema(info, resolved_[i]->with);
    types_.know_outputs(i, outputs_[i]);
  }

  void check(std::size_t i) {
    const StageSpec& spec = pipeline_.stages[i];
    const auto types = check_expressions(spec, resolved_[i]);
    if (!resolved_[i]) return;
    const PlannedStage& stage = stages_[i];
    check_configuration(spec, *stage.info, *resolved_[i], types);
    if (!check_decisive_places(spec, *stage.info, *resolved_[i])) return;
    const bool always = spec.rollback == RollbackPolicy::always && spec.rollback_span.line != 0;
    if (always && !stage.can_go_back()) {
      complain("stage.always", spec.rollback_span,
               fmt::format("stage `{}` cannot be undone, so not always either", spec.name),
               stage.reads_only() ? "it changes nothing; take `rollback` out"
                                  : "give it a way back, or take `rollback` out");
    } else if (stage.irreversible() && !spec.acknowledge_irreversible) {
      complain("stage.irreversible", spec.span,
               fmt::format("stage `{}` could not be undone", spec.name), undo_hint(*stage.info));
    }
    resolved_[i].reset();
  }

  // The types of the places that have no value yet, by their pointers.
  std::map<std::string, Types> check_expressions(const StageSpec& spec,
                                                 const std::optional<Resolved>& resolved) {
    const std::size_t before = diagnostics_.size();
    const TypesOf types_of = [this](const Reference& reference) { return types_.of(reference); };
    std::map<std::string, Types> types;
    for (const auto& [pointer, text] : spec.templates) {
      for (const Template::Part& part : text.parts) {
        if (!part.expression) continue;
        const Types given = check_types(*part.expression, types_of, diagnostics_);
        if (text.is_whole_expression()) types[pointer] = given;
      }
    }
    if (spec.condition) {
      const Types given = check_types(*spec.condition, types_of, diagnostics_);
      if (diagnostics_.size() == before && (given & type_boolean) == 0) {
        complain(
            "type.condition", spec.condition->span,
            fmt::format("`if` must give a boolean; this gives {}", describe(without_null(given))),
            "");
      }
    }
    if (diagnostics_.size() > before) return types;
    if (resolved) {
      for (const ExpressionProblem& problem : resolved->problems) report(problem);
    }
    if (spec.condition && !spec.condition->nodes.empty()) {
      const Evaluated decision = evaluate(*spec.condition, context_);
      if (const auto* problem = std::get_if<ExpressionProblem>(&decision)) report(*problem);
    }
    return types;
  }

  void report(const ExpressionProblem& problem) {
    complain("expression.worth", problem.span, "this expression can have no value: " + problem.text,
             "");
  }

  bool is_sound(const StageSpec& spec, const StageInfo& info) {
    const std::vector<std::string> problems = stage_problems(info);
    for (const std::string& problem : problems) {
      complain("plugin.broken", spec.uses_span,
               fmt::format("the plugin's `{}` is broken: {}", spec.uses, problem),
               "tell its author, or use another version of the plugin");
    }
    return problems.empty();
  }

  void check_configuration(const StageSpec& spec, const StageInfo& info, const Resolved& resolved,
                           const std::map<std::string, Types>& types) {
    const std::size_t before = diagnostics_.size();
    checker_.check(info.schema, spec, resolved, types, diagnostics_);
    const std::string pointer = info.manifest.text_or("outputs_from");
    const Value* outputs = pointer.empty() ? nullptr : resolved.with.at(pointer);
    if (diagnostics_.size() > before || outputs == nullptr || outputs->members() == nullptr) return;
    static const std::vector<std::string> kTypes = {"string", "integer", "number", "boolean"};
    for (const auto& [name, type] : *outputs->members()) {
      if (output_type(type)) continue;
      const Value* named = type.members() != nullptr ? type.find("type") : &type;
      const std::string word = named->text() != nullptr ? *named->text() : named->type_name();
      const auto span = spec.with_spans.find(pointer + "/" + pointer_token(name));
      complain("stage.output_type", span != spec.with_spans.end() ? span->second : spec.span,
               fmt::format("output `{}` cannot be of type `{}`", printable(name), printable(word)),
               suggestion(word, kTypes));
    }
  }

  bool check_decisive_places(const StageSpec& spec, const StageInfo& info,
                             const Resolved& resolved) {
    bool is_decided = true;
    if (resolved.pointers.empty()) return is_decided;
    for (const DecisivePlace& place : decisive_places(info.manifest)) {
      for (const std::string& pointer : resolved.pointers) {
        if (!hangs_on(place, pointer)) continue;
        is_decided = false;
        // An input without a value has been reported by itself.
        if (!awaits_a_stage(spec.templates.at(pointer))) continue;
        complain(
            "stage.decisive", spec.with_spans.at(pointer),
            fmt::format("`{}` decides what the stage may do, so it must be known before the run",
                        printable(pointer)),
            "write it here, or take it from an input");
      }
    }
    return is_decided;
  }

  bool is_reported_since(std::size_t before, std::string_view code) const {
    return std::any_of(diagnostics_.begin() + static_cast<std::ptrdiff_t>(before),
                       diagnostics_.end(),
                       [code](const Diagnostic& found) { return found.code == code; });
  }

  void complain(const char* code, const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({code, span, std::move(text), std::move(hint)});
  }

  Pipeline& pipeline_;
  const Catalog& catalog_;
  const Value& inputs_;
  const Choice& choice_;
  const Value context_;
  ReferenceTypes types_;
  Diagnostics& diagnostics_;
  std::vector<std::string> uses_;
  std::set<std::string> left_out_;
  SchemaChecker checker_;
  std::set<std::string> broken_;
  std::map<std::string, std::shared_ptr<const StageInfo>> infos_;  // by `uses`
  // By their place in the file:
  std::vector<PlannedStage> stages_;
  std::vector<std::optional<Resolved>> resolved_;  // nothing where a stage cannot be judged
  OutputSchemas outputs_;
};

}  // namespace

std::optional<Plan> make_plan(Pipeline pipeline, const Catalog& catalog, Value inputs,
                              Diagnostics& diagnostics, Value surroundings, Choice choice) {
  Plan plan{pipeline.name,           pipeline.environment, {}, std::move(inputs), pipeline.secrets,
            std::move(surroundings), std::move(choice)};
  if (plan.surroundings.members() == nullptr) plan.surroundings = Value::object();
  plan.surroundings.set("environment", pipeline.environment);
  plan.stages = Planner(pipeline, catalog, plan, diagnostics).make();
  if (!diagnostics.empty()) return std::nullopt;
  return plan;
}

}  // namespace stagerun
