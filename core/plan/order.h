// Who needs whom, and the order that follows from it. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/model/pipeline.h"

namespace stagerun {

// The stages by their place in the file.
struct StageGraph {
  std::unordered_map<std::string, std::size_t> index;  // by name
  std::vector<std::vector<std::size_t>> needs;         // of each stage
};

// A need that is no stage is reported and left out.
StageGraph make_graph(const Pipeline& pipeline, Diagnostics& diagnostics);

// Every stage after all that it needs, else as in the file. Nothing where stages need each other in
// a circle; each circle is reported once, as a path.
std::optional<std::vector<std::size_t>> order(const Pipeline& pipeline, const StageGraph& graph,
                                              Diagnostics& diagnostics);

}  // namespace stagerun
