// stagerun graph PIPELINE
#include "core/report/graph.h"

#include "core/cli/commands.h"
#include "core/cli/load.h"
#include "core/cli/print.h"

namespace stagerun {

int graph_command(const Arguments& arguments) {
  Host host(arguments);
  const auto loaded = load_pipeline(host);
  if (const int* status = std::get_if<int>(&loaded)) return *status;
  const Graph graph = graph_of(std::get<Loaded>(loaded).plan);
  if (arguments.format == "dot") {
    print_result(graph_dot(graph));
  } else if (arguments.format == "mermaid") {
    const std::string text = graph_mermaid(graph);
    print_result(text);
    const std::string problem = mermaid_problem(graph, text);
    if (!problem.empty()) print_note("note: " + problem + "\n");
  } else {
    print_result(graph_text(graph));
  }
  return exit_succeeded;
}

}  // namespace stagerun
