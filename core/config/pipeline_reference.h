// docs/pipeline-reference.md: every key of a pipeline file, as keys.h has it. Pure.
#pragma once

#include <string>

namespace stagerun {

std::string pipeline_reference();

}  // namespace stagerun
