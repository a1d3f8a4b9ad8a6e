// The inputs of a run, from wherever they are given.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "core/cli/arguments.h"
#include "core/model/pipeline.h"

namespace stagerun {

using Given = std::map<std::string, std::string>;

// By name, as text: whether they are right is asked of them together. The command line wins over
// the file of --inputs, the file over the environment. Or the exit status, after what is wrong with
// the file was printed.
std::variant<Given, int> given_inputs(const Pipeline& pipeline, const Arguments& arguments);

}  // namespace stagerun
