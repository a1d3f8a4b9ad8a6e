// Front: which stages may begin now. Of those whose needs are met, the first in the plan's order
// goes first. Constant work for each stage and each need, however long the pipeline is.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/model/plan.h"

namespace stagerun {

class Front {
 public:
  // `plan` must outlive the front.
  explicit Front(const Plan& plan);

  // The next stage to begin, which is then not given again; nothing where none is free.
  std::optional<std::size_t> take();
  // The stage has ended in a way that lets what needs it begin. Once a stage.
  void done(std::size_t stage);

  bool is_empty() const { return free_.empty(); }

 private:
  std::vector<std::size_t> waits_for_;  // how many needs of a stage are not met yet
  std::vector<std::vector<std::size_t>> needed_by_;
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free_;
};

}  // namespace stagerun
