#include "core/plan/order.h"

#include <algorithm>
#include <functional>
#include <queue>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/plan/hint.h"

namespace stagerun {
namespace {

// A longer circle is shown without its middle.
constexpr std::size_t kShownPath = 12;

Diagnostic describe_circle(const Pipeline& pipeline, const std::vector<std::size_t>& circle) {
  std::vector<std::string> names;
  names.reserve(circle.size() + 1);
  for (const std::size_t stage : circle) names.push_back(printable(pipeline.stages[stage].name));
  const StageSpec& first = pipeline.stages[circle.front()];
  const auto need = first.needs_spans.find(pipeline.stages[circle[1 % circle.size()]].name);
  names.push_back(names.front());
  if (names.size() > kShownPath) {
    const auto middle = names.begin() + kShownPath / 2;
    names.erase(middle, names.end() - kShownPath / 2);
    names.insert(names.begin() + kShownPath / 2, "...");
  }
  return {"stage.circle", need != first.needs_spans.end() ? need->second : first.span,
          fmt::format("stages need each other in a circle: {}", fmt::join(names, " -> ")),
          "take one of these out of `needs`"};
}

// Each stage that is left over needs another one that is: following those always ends in a circle.
void report_circles(const Pipeline& pipeline, const StageGraph& graph,
                    const std::vector<bool>& is_ordered, Diagnostics& diagnostics) {
  std::vector<std::size_t> walk_of(pipeline.stages.size(), 0);
  for (std::size_t start = 0; start < pipeline.stages.size(); ++start) {
    std::vector<std::size_t> path;
    std::size_t at = start;
    while (!is_ordered[at] && walk_of[at] == 0) {
      walk_of[at] = start + 1;
      path.push_back(at);
      const auto& needs = graph.needs[at];
      at = *std::find_if(needs.begin(), needs.end(),
                         [&is_ordered](std::size_t need) { return !is_ordered[need]; });
    }
    const auto begin = std::find(path.begin(), path.end(), at);
    if (begin == path.end()) continue;  // an earlier walk's circle
    // Told from its first stage in the file, whichever way the walk came.
    path.erase(path.begin(), begin);
    std::rotate(path.begin(), std::min_element(path.begin(), path.end()), path.end());
    diagnostics.push_back(describe_circle(pipeline, path));
  }
}

}  // namespace

StageGraph make_graph(const Pipeline& pipeline, Diagnostics& diagnostics) {
  StageGraph graph;
  std::vector<std::string> names;
  for (const StageSpec& stage : pipeline.stages) {
    graph.index.emplace(stage.name, graph.index.size());
    names.push_back(stage.name);
  }
  graph.needs.resize(pipeline.stages.size());
  for (std::size_t i = 0; i < pipeline.stages.size(); ++i) {
    const StageSpec& stage = pipeline.stages[i];
    for (const std::string& need : stage.needs) {
      if (const auto found = graph.index.find(need); found != graph.index.end()) {
        graph.needs[i].push_back(found->second);
        continue;
      }
      if (pipeline.unread.count("stage") != 0) continue;
      const auto span = stage.needs_spans.find(need);
      diagnostics.push_back(
          {"stage.need", span != stage.needs_spans.end() ? span->second : stage.span,
           fmt::format("stage `{}` needs `{}`, which does not exist", stage.name, printable(need)),
           hint_for(need, names, diagnostics)});
    }
  }
  return graph;
}

// How it works: Kahn's algorithm; of the stages that are free, the first in the file goes first.
std::optional<std::vector<std::size_t>> order(const Pipeline& pipeline, const StageGraph& graph,
                                              Diagnostics& diagnostics) {
  const std::size_t count = graph.needs.size();
  std::vector<std::size_t> waits_for(count);
  std::vector<std::vector<std::size_t>> needed_by(count);
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free;
  for (std::size_t i = 0; i < count; ++i) {
    waits_for[i] = graph.needs[i].size();
    if (waits_for[i] == 0) free.push(i);
    for (const std::size_t need : graph.needs[i]) needed_by[need].push_back(i);
  }
  std::vector<std::size_t> ordered;
  std::vector<bool> is_ordered(count, false);
  while (!free.empty()) {
    const std::size_t stage = free.top();
    free.pop();
    ordered.push_back(stage);
    is_ordered[stage] = true;
    for (const std::size_t waiting : needed_by[stage]) {
      if (--waits_for[waiting] == 0) free.push(waiting);
    }
  }
  if (ordered.size() == count) return ordered;
  report_circles(pipeline, graph, is_ordered, diagnostics);
  return std::nullopt;
}

}  // namespace stagerun
