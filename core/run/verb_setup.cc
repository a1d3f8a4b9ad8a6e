#include "core/run/verb_setup.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/plan/manifest.h"
#include "core/plan/resolve.h"

namespace stagerun {
namespace {

Value describe(const EffectState& effect) {
  Value value;
  value.set("id", effect.intent.id)
      .set("kind", effect.intent.kind)
      .set("purpose", effect.intent.purpose)
      .set("key", effect.intent.key)
      .set("request", effect.intent.request);
  if (effect.outcome) value.set("outcome", *effect.outcome);
  return value;
}

// Write effects of apply, those of which the outcome is known or those of which it is not. Of
// several attempts of one effect the last counts.
std::string list_effects(const StageState& state, bool known) {
  Value list = Value::array();
  std::vector<std::string> seen;
  for (auto effect = state.effects.rbegin(); effect != state.effects.rend(); ++effect) {
    const bool counts =
        effect->intent.verb == Verb::apply && effect->intent.access == Access::write;
    const bool first = std::find(seen.begin(), seen.end(), effect->intent.id) == seen.end();
    if (!counts || !first) continue;
    seen.push_back(effect->intent.id);
    if (effect->outcome.has_value() == known) list.push(describe(*effect));
  }
  std::reverse(list.items()->begin(), list.items()->end());
  return render_json(list);
}

std::string result_of(const StageState& state, Verb verb) {
  const VerbEnded* ended = state.ended(verb);
  return ended != nullptr ? ended->result.data : "";
}

std::int64_t time_for(const PlannedStage& stage, Verb verb) {
  const bool looks = verb == Verb::validate || verb == Verb::plan;
  if (looks) return std::min(limits::kLookTimeout, stage.spec.timeout_ms);
  return verb == Verb::rollback ? stage.spec.rollback_timeout_ms : stage.spec.timeout_ms;
}

// Handles of other stages' secret outputs, "sr-secret.STAGE:LABEL.KEY", stand in the configuration
// because the pipeline put them there: that is their grant.
void add_secret_outputs(const std::string& config, const std::string& handle_key,
                        std::vector<std::string>& secrets) {
  const std::string end = "." + handle_key;
  constexpr std::string_view kBegin = "sr-secret.";
  for (std::size_t at = config.find(kBegin); at != config.npos; at = config.find(kBegin, at)) {
    at += kBegin.size();
    const std::size_t stop = config.find(end, at);
    if (stop == config.npos) return;
    const std::string name = config.substr(at, stop - at);
    if (name.find(':') != name.npos) secrets.push_back(name);
    at = stop;
  }
}

EffectScope make_scope(const PlannedStage& stage, const VerbSetup& setup, const StageState& state,
                       const Places& places) {
  EffectScope scope;
  scope.stage = stage.spec.name;
  scope.verb = setup.call.verb;
  scope.attempt = setup.call.attempt;
  scope.key = setup.call.key;
  scope.grants = grants(*stage.info, setup.config);
  scope.needs_baseline = !stage.irreversible();
  scope.has_baseline = state.checkpoint.has_value();
  scope.reads_only = stage.reads_only();
  scope.workspace = places.workspace;
  scope.scratch = setup.call.scratch;
  scope.services = state.services;
  scope.secrets = stage.spec.secrets;
  add_secret_outputs(setup.call.config, places.handle_key, scope.secrets);
  return scope;
}

}  // namespace

std::string pure_question(const PlannedStage& stage, const VerbSetup& setup) {
  return is_pure(*stage.info, setup.call.verb) ? stage.spec.uses + " " + setup.call.config : "";
}

VerbSetup make_setup(const PlannedStage& stage, Verb verb, const StageState& state,
                     const RunContext& context, const Places& places) {
  Resolved resolved = resolve(stage.spec, context.value());
  VerbSetup setup;
  for (const Reference& reference : resolved.missing) {
    setup.missing.push_back(fmt::format("{}", fmt::join(reference.path, ".")));
  }
  if (!resolved.problems.empty()) setup.problem = resolved.problems.front().text;
  setup.config = std::move(resolved.with);
  setup.outputs_schema = outputs_schema(*stage.info, setup.config);

  VerbCall& call = setup.call;
  call.plugin = stage.plugin;
  call.stage_type = stage.info->name;
  call.verb = verb;
  const auto before = state.verbs.find(verb);
  call.attempt = before != state.verbs.end() ? before->second.attempt + 1 : 1;
  call.run = places.run;
  call.stage = stage.spec.name;
  call.key = places.run + "/" + stage.spec.name + (verb == Verb::rollback ? "/rollback" : "");
  call.config = render_json(setup.config);
  call.context = context.text();
  call.plan = result_of(state, Verb::plan);
  call.receipt = result_of(state, Verb::apply);
  call.checkpoint = state.checkpoint ? state.checkpoint->data : "";
  call.pending = list_effects(state, false);
  call.settled = list_effects(state, true);
  call.workspace = places.workspace.string();
  call.scratch = places.scratch(stage.spec.name).string();
  call.timeout_ms = time_for(stage, verb);
  setup.scope = make_scope(stage, setup, state, places);
  return setup;
}

}  // namespace stagerun
