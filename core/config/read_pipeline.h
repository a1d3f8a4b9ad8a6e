// From the text of a pipeline file to a Pipeline. Pure.
#pragma once

#include <optional>

#include "core/base/diagnostic.h"
#include "core/model/pipeline.h"

namespace stagerun {

// The pipeline that the file describes; nothing where anything is wrong with its form, and then all
// of it stands in `diagnostics`, not only the first.
std::optional<Pipeline> read_pipeline(const Source& source, Diagnostics& diagnostics);

}  // namespace stagerun
