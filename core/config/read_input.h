// One [inputs.NAME] of a pipeline file. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/model/pipeline.h"

namespace stagerun {

// What `node` gives the input; nothing, and reported, where the input does not allow it. `what`
// says for people what it is: "the default of input `x`".
std::optional<Value> read_value(const Node& node, const InputSpec& input, const std::string& what,
                                Diagnostics& diagnostics);

// `member` is the input's name and its table. What is wrong is reported and left out.
InputSpec read_input(const Member& member, Diagnostics& diagnostics);

}  // namespace stagerun
