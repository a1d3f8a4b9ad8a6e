// From the text of a pipeline file to a Pipeline. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/base/diagnostic.h"
#include "core/model/pipeline.h"

namespace stagerun {

// The pipeline that the file describes, as it is in `environment`; "" means the one that the file
// names. All that is wrong with the file's form stands in `diagnostics`, and the pipeline is then
// as much of it as could be read, for whoever looks for more that is wrong. Nothing only where the
// file is no TOML.
std::optional<Pipeline> read_pipeline(const Source& source, Diagnostics& diagnostics,
                                      const std::string& environment = "");

}  // namespace stagerun
