#include "core/rehearsal/controller.h"

#include <algorithm>
#include <set>
#include <sstream>

#include <fmt/format.h>

#include "core/rehearsal/descendants.h"
#include "core/rehearsal/invariants.h"
#include "core/rehearsal/scenarios.h"
#include "core/rehearsal/script.h"

namespace stagerun::rehearsal {
namespace {

// How many lines of what a host said are told where it did not do what it should.
constexpr std::size_t kLinesShown = 20;

std::vector<std::string> end_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  const std::size_t most = std::min(lines.size(), kLinesShown);
  return {lines.end() - static_cast<std::ptrdiff_t>(most), lines.end()};
}

// What one trial went through: which effects, and what each stage made of the world.
class Recorder {
 public:
  Recorder(const Production& production, const World& world, bool sees_worlds)
      : production_(production), world_(world), sees_worlds_(sees_worlds) {}

  Watcher watcher() {
    return {[this](const EffectIntended& intent, bool unknown) { see(intent, unknown); },
            [this](const VerbAsked& verb) { see_end(verb); },
            [this](const std::string& point) { course.points.push_back(point); },
            [this](std::int64_t ms) {
              costs[{at_.stage, at_.verb == Verb::rollback}] += ms;
            }};
  }

  // What was made by whom; of a run of that name.
  std::map<std::string, std::string> makers(const std::string& run) const {
    std::map<std::string, std::string> made;
    for (const auto& [stage, before, after] : worlds_) {
      for (const auto& one : differences(with_run_named(before, run), with_run_named(after, run))) {
        made[one.what] = stage;
      }
    }
    return made;
  }

  Course course;
  std::vector<std::string> unrehearsed;
  std::set<std::string> unrehearsed_stages;
  std::map<std::pair<std::string, bool>, std::int64_t> costs;  // by stage, and whether it goes back

 private:
  void see(const EffectIntended& intent, bool is_unrehearsed) {
    const bool begins = intent.verb == Verb::apply && at_.stage != intent.stage;
    at_ = intent;
    if (begins && sees_worlds_) before_ = look();
    if (!seen_.insert(label_of(intent)).second) return;
    course.effects.push_back(intent);
    if (is_unrehearsed) {
      unrehearsed_stages.insert(intent.stage);
      unrehearsed.push_back(fmt::format("stage `{}`: `{}` is not run: nobody says what it does",
                                        intent.stage, words_of(intent)));
    }
  }

  void see_end(const VerbAsked& verb) {
    if (verb.verb != Verb::apply) return;
    course.applied.push_back(verb.stage);
    if (sees_worlds_ && before_ && at_.stage == verb.stage) {
      worlds_.emplace_back(verb.stage, *std::move(before_), look().value_or(Fingerprint{}));
    }
    before_.reset();
  }

  std::optional<Fingerprint> look() const {
    auto found = look_at(world_.root(), production_.state);
    if (!found) return std::nullopt;
    return *std::move(found);
  }

  const Production& production_;
  const World& world_;
  bool sees_worlds_;
  EffectIntended at_;
  std::set<std::string> seen_;
  std::optional<Fingerprint> before_;
  std::vector<std::tuple<std::string, Fingerprint, Fingerprint>> worlds_;
};

class Controller {
 public:
  Controller(const Production& production, const World& origin, World& world, const Plan& plan,
             const Wanted& wanted, const std::function<void(const Scenario&)>& on_scenario)
      : production_(production),
        origin_(origin),
        world_(world),
        plan_(plan),
        wanted_(wanted),
        on_scenario_(on_scenario) {}

  Result<Rehearsal> run() {
    found_.pipeline = plan_.pipeline_name;
    TRY(keep_descendants());
    found_.seed = production_.seed;
    TRY_ASSIGN(reference_.before, look_at(world_.root(), production_.state));
    Recorder forward(production_, world_, true);
    TRY_ASSIGN(const bool went_live, try_good(forward));
    if (!went_live) return std::move(found_);
    Recorder back(production_, world_, false);
    TRY(try_way_back(back));
    tell_estimates(forward, back);
    TRY_ASSIGN(const std::vector<Case> cases, all_cases(forward.course));
    for (const Case& one : cases) TRY(try_case(one));
    return std::move(found_);
  }

 private:
  Result<bool> try_good(Recorder& recorder) {
    Scenario scenario;
    scenario.fault = "good";
    scenario.set = "good";
    TRY_ASSIGN(const Facts facts, trial({}, recorder.watcher()));
    reference_.after = facts.world;
    reference_.makers = recorder.makers(facts.state.started.run);
    found_.changes = differences(reference_.before, reference_.after);
    for (Difference& one : found_.changes) one.stage = maker_of(one.what);
    tell_unrehearsed(recorder);
    judge(facts, reference_, scenario);
    const bool went_live = facts.status == exit_succeeded;
    if (!went_live) {
      scenario.broken.insert(
          scenario.broken.begin(),
          fmt::format("with nothing that goes wrong it ends with {}", facts.status));
      scenario.said = end_of(facts.output);
      scenario.outcome = "broken";
    }
    keep(std::move(scenario));
    return went_live;
  }

  void tell_unrehearsed(const Recorder& recorder) {
    found_.unrehearsed = recorder.unrehearsed;
    const auto& accepted = production_.spec.unrehearsed;
    for (const std::string& stage : recorder.unrehearsed_stages) {
      const bool may_stay = std::find(accepted.begin(), accepted.end(), stage) != accepted.end();
      if (!may_stay) found_.unaccepted.push_back(stage);
    }
  }

  // What a rollback of a good run leaves may stay wherever a run goes back, if its stage says so.
  Status try_way_back(Recorder& recorder) {
    Scenario scenario;
    scenario.fault = "good:rollback";
    scenario.set = "good";
    Injection injection;
    injection.then = "rollback";
    TRY_ASSIGN(const Facts facts, trial(injection, recorder.watcher()));
    for (const Difference& left : differences(reference_.before, facts.world)) {
      const PlannedStage* maker = plan_.find(maker_of(left.what));
      const bool may_stay = maker != nullptr && (maker->spec.rollback == RollbackPolicy::never ||
                                                 maker->irreversible());
      if (may_stay) reference_.kept.insert(left.what);
    }
    judge(facts, reference_, scenario);
    keep(std::move(scenario));
    return {};
  }

  void tell_estimates(Recorder& forward, Recorder& back) {
    for (const PlannedStage& stage : plan_.stages) {
      const std::string& name = stage.spec.name;
      found_.estimates.push_back({name, forward.costs[{name, false}], back.costs[{name, true}]});
      if (found_.no_return.empty() && stage.irreversible()) found_.no_return = name;
    }
  }

  Result<std::vector<Case>> all_cases(const Course& course) {
    std::vector<Case> cases;
    const auto add = [&](const std::string& set, std::vector<Case> more) {
      const bool wants = !wanted_.only.empty() || wanted_.faults == "all" || wanted_.faults == set;
      if (wants) std::move(more.begin(), more.end(), std::back_inserter(cases));
    };
    add("stages", stage_failures(course));
    add("effects", effect_faults(course));
    add("crashes", crashes(course));
    const bool wants_back = wanted_.faults == "all" || !wanted_.only.empty();
    if (wants_back && !course.applied.empty()) {
      const std::string& last = course.applied.back();
      Recorder recorder(production_, world_, false);
      Injection injection;
      injection.failing = last;
      TRY_ASSIGN(const Facts facts, trial(injection, recorder.watcher()));
      static_cast<void>(facts);
      add("all", rollback_faults(recorder.course, last));
      add("all", rollback_crashes(recorder.course, last));
    }
    if (wanted_.only.empty()) return cases;
    std::erase_if(cases, [&](const Case& one) { return one.scenario.fault != wanted_.only; });
    const bool is_good = wanted_.only == "good" || wanted_.only == "good:rollback";
    if (!cases.empty() || is_good) return cases;
    return Error{ErrorCode::usage, fmt::format("this pipeline has no scenario `{}`", wanted_.only),
                 "`stagerun rehearse PIPELINE --format json` lists them"};
  }

  Status try_case(const Case& one) {
    Scenario scenario = one.scenario;
    TRY_ASSIGN(const Facts facts, trial(one.injection, {}));
    judge(facts, reference_, scenario);
    keep(std::move(scenario));
    return {};
  }

  Result<Facts> trial(const Injection& injection, const Watcher& watcher) {
    TRY(world_.reset_to(origin_));
    return run_trial(production_, world_, injection, watcher);
  }

  std::string maker_of(const std::string& what) const {
    const auto maker = reference_.makers.find(what);
    return maker == reference_.makers.end() ? "" : maker->second;
  }

  void keep(Scenario scenario) {
    on_scenario_(scenario);
    found_.scenarios.push_back(std::move(scenario));
  }

  const Production& production_;
  const World& origin_;
  World& world_;
  const Plan& plan_;
  const Wanted& wanted_;
  const std::function<void(const Scenario&)>& on_scenario_;
  Reference reference_;
  Rehearsal found_;
};

}  // namespace

Result<Rehearsal> rehearse(const Production& production, const World& origin, World& world,
                           const Plan& plan, const Wanted& wanted,
                           const std::function<void(const Scenario&)>& on_scenario) {
  return Controller(production, origin, world, plan, wanted, on_scenario).run();
}

}  // namespace stagerun::rehearsal
