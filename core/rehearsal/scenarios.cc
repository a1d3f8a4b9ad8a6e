#include "core/rehearsal/scenarios.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/rehearsal/fault.h"

namespace stagerun::rehearsal {
namespace {

Case make_case(std::string fault, const std::string& set, const std::string& stage,
               const std::string& effect, Injection injection) {
  Case made;
  made.scenario.fault = std::move(fault);
  made.scenario.set = set;
  made.scenario.stage = stage;
  made.scenario.effect = effect;
  made.scenario.then = injection.then;
  made.injection = std::move(injection);
  return made;
}

// "RUN/STAGE/..." of "effect:before:RUN/STAGE/..."; "" of a point between effects.
std::string stage_of(const std::string& point) {
  if (!point.starts_with("effect:")) return "";
  const std::size_t begin = point.find('/') + 1;
  return begin == 0 ? "" : point.substr(begin, point.find('/', begin) - begin);
}

// A run's own name is another each time.
std::string without_run(const std::string& point) {
  if (!point.starts_with("effect:")) return point;
  const std::size_t colon = point.rfind(':');
  const std::size_t slash = point.find('/');
  return slash == std::string::npos ? point : point.substr(0, colon + 1) + point.substr(slash + 1);
}

// A point on the way back: one of an undo's effects, or behind the first of them.
std::size_t first_way_back(const Course& course) {
  const auto at = std::find_if(
      course.points.begin(), course.points.end(),
      [](const std::string& point) { return point.find("/rollback/") != std::string::npos; });
  return static_cast<std::size_t>(at - course.points.begin());
}

}  // namespace

std::vector<Case> stage_failures(const Course& course) {
  std::vector<Case> cases;
  for (const std::string& stage : course.applied) {
    Injection injection;
    injection.failing = stage;
    cases.push_back(make_case("stage:" + stage, "stages", stage, "", injection));
  }
  return cases;
}

std::vector<Case> effect_faults(const Course& course) {
  std::vector<Case> cases;
  for (const EffectIntended& intent : course.effects) {
    const std::string label = label_of(intent);
    for (const std::string& fault : faults_of(intent)) {
      Injection injection;
      injection.effect = label;
      injection.fault = fault;
      cases.push_back(make_case(fmt::format("effect:{}:{}", label, fault), "effects", intent.stage,
                                label, injection));
    }
  }
  return cases;
}

std::vector<Case> crashes(const Course& course) {
  std::vector<Case> cases;
  for (std::size_t i = 0; i < course.points.size(); ++i) {
    for (const char* then : {"resume", "rollback"}) {
      Injection injection;
      injection.kill_at = i + 1;
      injection.then = then;
      cases.push_back(make_case(fmt::format("crash:{}:{}", i + 1, then), "crashes",
                                stage_of(course.points[i]), without_run(course.points[i]),
                                injection));
    }
  }
  return cases;
}

std::vector<Case> rollback_faults(const Course& course, const std::string& failing) {
  Course back = course;
  std::erase_if(back.effects,
                [](const EffectIntended& intent) { return intent.verb != Verb::rollback; });
  auto cases = effect_faults(back);
  for (Case& one : cases) {
    one.scenario.fault = "back:" + one.scenario.fault;
    one.injection.failing = failing;
  }
  return cases;
}

std::vector<Case> rollback_crashes(const Course& course, const std::string& failing) {
  auto cases = crashes(course);
  const std::size_t first = first_way_back(course);
  std::erase_if(cases, [&](const Case& one) {
    return one.injection.kill_at <= first || one.injection.then != "resume";
  });
  for (Case& one : cases) {
    one.scenario.fault = "back:" + one.scenario.fault;
    one.injection.failing = failing;
  }
  return cases;
}

}  // namespace stagerun::rehearsal
