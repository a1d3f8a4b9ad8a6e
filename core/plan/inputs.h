// From what was given on the command line to the values of a pipeline's inputs. Pure.
#pragma once

#include <map>
#include <string>

#include "core/base/diagnostic.h"
#include "core/base/value.h"
#include "core/model/pipeline.h"

namespace stagerun {

// An object with every input that has a value: the one given, or its default. What is missing,
// unknown, or not what the pipeline allows is reported; what was given has no line in the file.
Value check_inputs(const Pipeline& pipeline, const std::map<std::string, std::string>& given,
                   Diagnostics& diagnostics);

}  // namespace stagerun
