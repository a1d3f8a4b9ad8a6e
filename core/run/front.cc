#include "core/run/front.h"

namespace stagerun {

Front::Front(const Plan& plan) : waits_for_(plan.stages.size()), needed_by_(plan.stages.size()) {
  std::unordered_map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) index[plan.stages[i].spec.name] = i;
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    for (const std::string& need : plan.stages[i].spec.needs) {
      const auto found = index.find(need);
      if (found == index.end()) continue;  // a plan has no such need
      needed_by_[found->second].push_back(i);
      ++waits_for_[i];
    }
    if (waits_for_[i] == 0) free_.push(i);
  }
}

std::optional<std::size_t> Front::take() {
  if (free_.empty()) return std::nullopt;
  const std::size_t stage = free_.top();
  free_.pop();
  return stage;
}

void Front::done(std::size_t stage) {
  for (const std::size_t waiting : needed_by_[stage]) {
    if (--waits_for_[waiting] == 0) free_.push(waiting);
  }
}

}  // namespace stagerun
