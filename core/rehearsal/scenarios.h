// Scenarios: what can go wrong in a run of which the effects and kill points are known. Pure, and
// in the order of the run, so that the same pipeline gives the same list.
#pragma once

#include <string>
#include <vector>

#include "core/rehearsal/trial.h"

namespace stagerun::rehearsal {

// What a run let pass, in its order; each effect once, at its first time.
struct Course {
  std::vector<EffectIntended> effects;
  std::vector<std::string> points;
  std::vector<std::string> applied;  // stages whose apply ended well
};

// A scenario that has not been tried, and how it is brought about.
struct Case {
  Scenario scenario;
  Injection injection;
};

std::vector<Case> stage_failures(const Course& course);
std::vector<Case> effect_faults(const Course& course);
std::vector<Case> crashes(const Course& course);

// The same on the way back: `course` is that of a run in which `failing` failed once it had done
// its work.
std::vector<Case> rollback_faults(const Course& course, const std::string& failing);
std::vector<Case> rollback_crashes(const Course& course, const std::string& failing);

}  // namespace stagerun::rehearsal
