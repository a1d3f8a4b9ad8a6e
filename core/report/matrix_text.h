// A rehearsal for people: what changes, how long it takes, and what becomes of each failure. Pure.
#pragma once

#include <string>

#include "core/model/rehearsal.h"

namespace stagerun {

// Ends in a line that counts. The same rehearsal gives the same text, byte for byte.
std::string matrix_text(const Rehearsal& rehearsal, const std::string& pipeline_path);

}  // namespace stagerun
