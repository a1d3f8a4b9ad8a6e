#include <fmt/format.h>

#include "core/base/text.h"
#include "core/report/graph.h"

namespace stagerun {
namespace {

// A double-quoted string. Graphviz also reads escapes and HTML's entities in it.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '&' ? "&amp;" : std::string(1, c);
  }
  return out;
}

std::string style_of(const PlannedStage& stage) {
  std::string style = stage.reads_only() ? "rounded" : "solid";
  if (stage.spec.condition) style += ",dashed";
  std::string attributes = fmt::format("style=\"{}\"", style);
  if (stage.irreversible()) attributes += ", color=red, penwidth=2";
  if (!stage.is_chosen) attributes += ", fontcolor=gray";
  return attributes;
}

}  // namespace

std::string graph_dot(const Graph& graph) {
  std::string out =
      fmt::format("digraph \"{}\" {{\n  node [shape=box];\n", escaped(graph.plan->pipeline_name));
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    const PlannedStage& stage = *graph.stages[i].planned;
    std::string label = escaped(stage.spec.name) + "\\n" + escaped(stage.spec.uses);
    for (const std::string& mark : marks_of(stage)) label += "\\n" + escaped(mark);
    out += fmt::format("  s{} [label=\"{}\", {}];\n", i, label, style_of(stage));
  }
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    for (const std::size_t need : graph.stages[i].needs) {
      out += fmt::format("  s{} -> s{};\n", need, i);
    }
  }
  for (const auto& layer : graph.layers) {
    if (layer.size() < 2) continue;
    out += "  {rank=same;";
    for (const std::size_t i : layer) out += fmt::format(" s{};", i);
    out += "}\n";
  }
  return out + "}\n";
}

}  // namespace stagerun
