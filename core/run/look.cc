#include "core/run/look.h"

#include <unordered_map>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/plan/evaluate.h"

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

// Looks at every stage, asking a plugin only once about each distinct configuration.
class Looker {
 public:
  Looker(Loop& loop, const Plan& plan, const Places& places, SessionPorts ports)
      : loop_(loop), places_(places), ports_(ports), context_(plan) {}

  void look_at(const PlannedStage& planned, bool plan_too) {
    StageLook stage{planned.spec.name, Value::array(), "", !planned.is_chosen};
    if (!planned.is_chosen) return look.stages.push_back(std::move(stage));
    const Condition condition =
        planned.spec.condition ? evaluate_condition(planned.spec, context_.value()) : Condition{};
    stage.is_left_out = condition.answer == Condition::Answer::does_not_hold;
    const bool is_sound = validate(planned, stage);
    if (is_sound && plan_too && !stage.is_left_out) this->plan(planned, stage);
    look.stages.push_back(std::move(stage));
  }

  Look look;

 private:
  // False where the stage cannot be planned.
  bool validate(const PlannedStage& planned, StageLook& stage) {
    if (!planned.info->has(Verb::validate)) return true;
    VerbSetup setup = make_setup(planned, Verb::validate, untouched_, context_, places_);
    if (!setup.missing.empty()) {
      stage.waits_for = setup.missing.front();
      return false;
    }
    std::string key = planned.spec.uses + " " + setup.call.config;
    auto known = validated_.find(key);
    if (known == validated_.end()) {
      VerbOutcome outcome = run_to_end(loop_, ports_, std::move(setup));
      known = validated_.emplace(std::move(key), std::move(outcome)).first;
    }
    const std::size_t before = look.diagnostics.size() + look.broken.size();
    judge_validate(planned.spec, known->second, look);
    return look.diagnostics.size() + look.broken.size() == before;
  }

  void plan(const PlannedStage& planned, StageLook& stage) {
    if (!planned.info->has(Verb::plan)) return;
    VerbSetup setup = make_setup(planned, Verb::plan, untouched_, context_, places_);
    if (!setup.missing.empty()) {
      stage.waits_for = setup.missing.front();
      return;
    }
    const std::string question = pure_question(planned, setup);
    if (question.empty()) {
      return judge_plan(planned.spec, run_to_end(loop_, ports_, std::move(setup)), stage, look);
    }
    auto known = planned_.find(question);
    if (known == planned_.end()) {
      known = planned_.emplace(question, run_to_end(loop_, ports_, std::move(setup))).first;
    }
    judge_plan(planned.spec, known->second, stage, look);
  }

  const StageState untouched_;
  Loop& loop_;
  const Places& places_;
  SessionPorts ports_;
  RunContext context_;
  std::unordered_map<std::string, VerbOutcome> validated_;  // by plugin and configuration
  std::unordered_map<std::string, VerbOutcome> planned_;    // by pure_question()
};

}  // namespace

Look look_at(Loop& loop, const Plan& plan, const Places& places, SessionPorts ports,
             bool plan_too) {
  Looker looker(loop, plan, places, ports);
  for (const PlannedStage& planned : plan.stages) looker.look_at(planned, plan_too);
  return std::move(looker.look);
}

}  // namespace stagerun
