#include <algorithm>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/report/graph.h"

namespace stagerun {
namespace {

// As wide as the longest, but no wider than leaves room for the rest.
std::size_t width(const Graph& graph, std::string StageSpec::*text, std::size_t most) {
  std::size_t widest = 0;
  for (const GraphStage& stage : graph.stages) {
    widest = std::max(widest, (stage.planned->spec.*text).size());
  }
  return std::min(widest, most);
}

// Nothing where the stage waits for the whole layer above it, as most do.
std::string after_text(const Graph& graph, const GraphStage& stage) {
  if (stage.needs.empty()) return "";
  if (stage.needs == graph.layers[stage.layer - 1]) return "";
  std::vector<std::string> names;
  for (const std::size_t need : stage.needs) {
    if (names.size() == limits::kReportEffects) {
      names.push_back(fmt::format("and {} more", stage.needs.size() - names.size()));
      break;
    }
    names.push_back(graph.stages[need].planned->spec.name);
  }
  return fmt::format("after {}", fmt::join(names, ", "));
}

std::string count(std::size_t number, const char* word) {
  return fmt::format("{} {}{}", number, word, number == 1 ? "" : "s");
}

std::size_t widest_layer(const Graph& graph) {
  std::size_t widest = 0;
  for (const auto& layer : graph.layers) widest = std::max(widest, layer.size());
  return widest;
}

std::string point_of_no_return(const Graph& graph) {
  for (const GraphStage& stage : graph.stages) {
    if (stage.planned->is_chosen && stage.planned->irreversible()) {
      return fmt::format("point of no return: {}\n", stage.planned->spec.name);
    }
  }
  return "every stage that writes can go back\n";
}

}  // namespace

std::string graph_text(const Graph& graph) {
  const std::size_t widest = widest_layer(graph);
  std::string out =
      fmt::format("{}: {} in {}{}\n\n", printable(graph.plan->pipeline_name),
                  count(graph.stages.size(), "stage"), count(graph.layers.size(), "layer"),
                  widest > 1 ? fmt::format(" of up to {}", widest) : "");
  const std::size_t digits = std::to_string(graph.layers.size()).size();
  const std::size_t names = width(graph, &StageSpec::name, 32);
  const std::size_t uses = width(graph, &StageSpec::uses, 20);
  bool is_any_after = false;
  for (std::size_t layer = 0; layer < graph.layers.size(); ++layer) {
    for (const std::size_t i : graph.layers[layer]) {
      const GraphStage& stage = graph.stages[i];
      std::vector<std::string> marks = marks_of(*stage.planned);
      const std::string after = after_text(graph, stage);
      if (!after.empty()) marks.insert(marks.begin(), after);
      is_any_after = is_any_after || !after.empty();
      std::string line =
          fmt::format("  {:>{}}  {:<{}}  {:<{}}  {}", layer + 1, digits, stage.planned->spec.name,
                      names, printable(stage.planned->spec.uses), uses, fmt::join(marks, "; "));
      line.erase(line.find_last_not_of(' ') + 1);
      out += line + "\n";
    }
  }
  out += is_any_after
             ? "\na stage begins once the layer above it is done, or what stands behind `after`\n"
             : "\na stage begins once the layer above it is done\n";
  return out + point_of_no_return(graph);
}

}  // namespace stagerun
