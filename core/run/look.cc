#include "core/run/look.h"

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/plan/resolve.h"

namespace stagerun {
namespace {

VerbOutcome run_to_end(Loop& loop, SessionPorts ports, VerbSetup setup) {
  static const std::vector<Bytes> kNoNotes;
  std::optional<VerbOutcome> outcome;
  VerbSession session(ports, std::move(setup), kNoNotes,
                      [&](VerbOutcome done) { outcome = std::move(done); });
  session.start();
  loop.run_until([&] { return outcome.has_value(); });
  return *std::move(outcome);
}

Span place_of(const StageSpec& spec, std::string pointer) {
  for (;;) {
    const auto found = spec.with_spans.find(pointer);
    if (found != spec.with_spans.end()) return found->second;
    const std::size_t slash = pointer.rfind('/');
    if (slash == std::string::npos) return spec.span;
    pointer.resize(slash);
  }
}

// A verb that a plugin lacks has nothing against the run.
bool lets_start(VerbStatus status) { return is_success(status) || status == VerbStatus::absent; }

void judge_validate(const StageSpec& spec, const VerbOutcome& outcome, Look& look) {
  const bool died = outcome.status == VerbStatus::died || outcome.status == VerbStatus::timed_out;
  if (died) {
    look.broken.push_back(fmt::format("stage `{}`: {}", spec.name, outcome.failure.text));
    return;
  }
  for (const auto& [pointer, failure] : outcome.diagnoses) {
    look.diagnostics.push_back({failure.code, place_of(spec, pointer), failure.text, failure.hint});
  }
  if (lets_start(outcome.status) || !outcome.diagnoses.empty()) return;
  look.diagnostics.push_back(
      {outcome.failure.code, spec.span, outcome.failure.text, outcome.failure.hint});
}

void judge_plan(const StageSpec& spec, const VerbOutcome& outcome, StageLook& stage, Look& look) {
  const bool died = outcome.status == VerbStatus::died || outcome.status == VerbStatus::timed_out;
  if (died) {
    look.broken.push_back(fmt::format("stage `{}`: {}", spec.name, outcome.failure.text));
  } else if (!lets_start(outcome.status)) {
    look.refusals.push_back(fmt::format("stage `{}`: {}", spec.name, outcome.failure.text));
  }
  const Result<Value> plan = parse_json(outcome.result);
  const Value* changes = plan ? plan->find("changes") : nullptr;
  if (changes != nullptr && changes->items() != nullptr) stage.changes = *changes;
}

// validate has no effects and needs none.
bool make_scratch(const VerbSetup& setup, Look& look) {
  const Status made = make_folder(setup.scope.scratch);
  if (!made)
    look.refusals.push_back(fmt::format("stage `{}`: {}", setup.call.stage, made.error().text));
  return made.has_value();
}

}  // namespace

Look look_at(Loop& loop, const Plan& plan, const Places& places, SessionPorts ports,
             bool plan_too) {
  Look look;
  const Value context = context_of(plan);
  for (const PlannedStage& planned : plan.stages) {
    const StageState untouched;
    StageLook stage{planned.spec.name, Value::array(), ""};
    for (const Verb verb : {Verb::validate, Verb::plan}) {
      if (!planned.info->has(verb) || (verb == Verb::plan && !plan_too)) continue;
      VerbSetup setup = make_setup(planned, verb, untouched, context, places);
      if (!setup.missing.empty()) {
        stage.waits_for = fmt::format("{}", fmt::join(setup.missing.front().path, "."));
        break;
      }
      if (verb == Verb::plan && !make_scratch(setup, look)) break;
      const VerbOutcome outcome = run_to_end(loop, ports, std::move(setup));
      const std::size_t before = look.diagnostics.size() + look.broken.size();
      if (verb == Verb::validate) judge_validate(planned.spec, outcome, look);
      if (verb == Verb::plan) judge_plan(planned.spec, outcome, stage, look);
      if (look.diagnostics.size() + look.broken.size() > before) break;
    }
    look.stages.push_back(std::move(stage));
  }
  return look;
}

}  // namespace stagerun
