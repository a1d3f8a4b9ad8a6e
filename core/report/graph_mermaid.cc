#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/report/graph.h"

namespace stagerun {
namespace {

bool is_plain(char c) {
  const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return is_word || c == ' ' || c == '_' || c == '-' || c == '.' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Every sign that could mean something, to Mermaid, Markdown or HTML, as a number: #34; is a quote.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : printable(text)) {
    out += is_plain(c) ? std::string(1, c) : fmt::format("#{};", int{c});
  }
  return out;
}

std::string node(std::size_t number, const PlannedStage& stage) {
  std::string label = escaped(stage.spec.name) + "<br/>" + escaped(stage.spec.uses);
  for (const std::string& mark : marks_of(stage)) label += "<br/>" + escaped(mark);
  // A stage that only reads has round ends.
  return stage.reads_only() ? fmt::format("  s{}([\"{}\"])\n", number, label)
                            : fmt::format("  s{}[\"{}\"]\n", number, label);
}

std::string classes(std::size_t number, const PlannedStage& stage) {
  std::string out;
  if (stage.spec.condition) out += fmt::format("  class s{} conditional\n", number);
  if (stage.irreversible()) out += fmt::format("  class s{} irreversible\n", number);
  if (!stage.is_chosen) out += fmt::format("  class s{} notchosen\n", number);
  return out;
}

}  // namespace

std::string graph_mermaid(const Graph& graph) {
  std::string out = "flowchart TD\n";
  std::string used;
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    out += node(i, *graph.stages[i].planned);
    used += classes(i, *graph.stages[i].planned);
  }
  for (std::size_t i = 0; i < graph.stages.size(); ++i) {
    for (const std::size_t need : graph.stages[i].needs) {
      out += fmt::format("  s{} --> s{}\n", need, i);
    }
  }
  if (used.empty()) return out;
  return out +
         "  classDef conditional stroke-dasharray:4 4\n"
         "  classDef irreversible stroke:#c00,stroke-width:3px\n"
         "  classDef notchosen opacity:0.4\n" +
         used;
}

std::string mermaid_problem(const Graph& graph, const std::string& text) {
  std::size_t edges = 0;
  for (const GraphStage& stage : graph.stages) edges += stage.needs.size();
  if (edges > limits::kMermaidEdges) {
    return fmt::format("Mermaid draws at most {} arrows unless told otherwise; this has {}",
                       limits::kMermaidEdges, edges);
  }
  if (text.size() > limits::kMermaidBytes) {
    return fmt::format("Mermaid reads at most {} characters unless told otherwise; this has {}",
                       limits::kMermaidBytes, text.size());
  }
  return "";
}

}  // namespace stagerun
