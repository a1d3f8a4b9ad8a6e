#include "core/report/graph.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/report/short_text.h"

namespace stagerun {
namespace {

using Needs = std::vector<std::vector<std::size_t>>;

Needs needs_of(const Plan& plan) {
  std::unordered_map<std::string, std::size_t> index;
  for (const PlannedStage& stage : plan.stages) index.emplace(stage.spec.name, index.size());
  Needs needs(plan.stages.size());
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    for (const std::string& need : plan.stages[i].spec.needs) {
      if (const auto found = index.find(need); found != index.end()) {
        needs[i].push_back(found->second);
      }
    }
    std::sort(needs[i].begin(), needs[i].end());
  }
  return needs;
}

// Which needs are implied by another need of the same stage. How it works: for 64 stages at a time,
// a bit each, what every stage comes after, in the plan's order. So it takes little memory however
// many stages there are.
Needs without_implied(const Needs& needs) {
  Needs kept(needs.size());
  std::vector<std::uint64_t> after(needs.size());  // of each stage, which of the 64 it comes after
  for (std::size_t first = 0; first < needs.size(); first += 64) {
    const auto bit_of = [first](std::size_t stage) {
      const bool is_here = stage >= first && stage < first + 64;
      return is_here ? std::uint64_t{1} << (stage - first) : 0;
    };
    for (std::size_t stage = first; stage < needs.size(); ++stage) {
      std::uint64_t implied = 0;
      std::uint64_t direct = 0;
      for (const std::size_t need : needs[stage]) {
        if (need >= first) implied |= after[need];
        direct |= bit_of(need);
      }
      after[stage] = implied | direct;
      if ((direct & ~implied) == 0) continue;
      for (const std::size_t need : needs[stage]) {
        if ((bit_of(need) & ~implied) != 0) kept[stage].push_back(need);
      }
    }
  }
  return kept;
}

}  // namespace

Graph graph_of(const Plan& plan) {
  Graph graph;
  graph.plan = &plan;
  Needs needs = without_implied(needs_of(plan));
  for (std::size_t i = 0; i < plan.stages.size(); ++i) {
    GraphStage stage{&plan.stages[i], std::move(needs[i]), 0};
    for (const std::size_t need : stage.needs) {
      stage.layer = std::max(stage.layer, graph.stages[need].layer + 1);
    }
    if (graph.layers.size() <= stage.layer) graph.layers.resize(stage.layer + 1);
    graph.layers[stage.layer].push_back(i);
    graph.stages.push_back(std::move(stage));
  }
  return graph;
}

std::vector<std::string> marks_of(const PlannedStage& stage) {
  const StageSpec& spec = stage.spec;
  std::vector<std::string> marks;
  if (!stage.is_chosen) marks.emplace_back("not chosen");
  if (!spec.condition_text.empty()) {
    marks.push_back("if " + printable(short_text(spec.condition_text, limits::kGraphTextBytes)));
  }
  if (stage.irreversible()) marks.emplace_back("irreversible");
  if (stage.reads_only()) marks.emplace_back("reads only");
  if (spec.on_failure != OnFailure::rollback) {
    marks.push_back(fmt::format("on_failure = {}", to_string(spec.on_failure)));
  }
  if (spec.rollback != RollbackPolicy::automatic) {
    marks.push_back(fmt::format("rollback = {}", to_string(spec.rollback)));
  }
  if (spec.retry.attempts > 1) marks.push_back(fmt::format("{} attempts", spec.retry.attempts));
  return marks;
}

}  // namespace stagerun
