// A TOML file of inputs, as `--inputs FILE` names it. Pure.
#pragma once

#include <map>
#include <string>

#include "core/base/diagnostic.h"
#include "core/model/pipeline.h"

namespace stagerun {

// The values by the inputs' names, as text, like those that the command line gives. What the
// pipeline does not take is reported where it stands in the file, and left out.
std::map<std::string, std::string> read_given(const Source& source, const Pipeline& pipeline,
                                              Diagnostics& diagnostics);

}  // namespace stagerun
