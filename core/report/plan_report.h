// A plan as text or JSON: what each stage would change. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/base/value.h"
#include "core/model/plan.h"

namespace stagerun {

// What one stage's plan verb said.
struct StageForecast {
  std::string stage;
  Value changes;          // [{"do", "what"}]
  std::string waits_for;  // what has no value before the run, or ""
};

std::string plan_text(const Plan& plan, const std::vector<StageForecast>& forecasts);
Value plan_value(const Plan& plan, const std::vector<StageForecast>& forecasts);

// What plugins offer, for `plugin list` and `plugin show`.
std::string plugin_text(const PluginInfo& plugin);
Value plugin_value(const PluginInfo& plugin);

}  // namespace stagerun
