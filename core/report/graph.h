// A plan as a picture: who needs whom, what runs side by side, and what is special about a stage.
// Pure, and the same for the same plan.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/model/plan.h"

namespace stagerun {

struct GraphStage {
  const PlannedStage* planned = nullptr;
  // The stages that it waits for, by their place in the plan. A need that another one implies is
  // left out: `c` that needs `a` and `b`, where `b` needs `a`, is drawn after `b` alone.
  std::vector<std::size_t> needs;
  std::size_t layer = 0;  // one more than the last of these; what is in one may run side by side
};

struct Graph {
  const Plan* plan = nullptr;
  std::vector<GraphStage> stages;                // in the plan's order
  std::vector<std::vector<std::size_t>> layers;  // the stages of each
};

// `plan` must outlive the graph.
Graph graph_of(const Plan& plan);

// What is special about the stage, in the words of the pipeline file: "if inputs.x",
// "irreversible", "on_failure = stop".
std::vector<std::string> marks_of(const PlannedStage& stage);

// For a terminal: a line a stage, layer by layer.
std::string graph_text(const Graph& graph);
// For graphviz.
std::string graph_dot(const Graph& graph);
// For Mermaid, as GitHub and GitLab draw it in Markdown.
std::string graph_mermaid(const Graph& graph);

// Why GitHub would not draw it; "" where it would.
std::string mermaid_problem(const Graph& graph, const std::string& text);

}  // namespace stagerun
