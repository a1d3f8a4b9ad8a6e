// A rehearsal as JUnit XML, which GitLab, Jenkins and their like show as tests. Pure.
#pragma once

#include <string>

#include "core/model/rehearsal.h"

namespace stagerun {

// A test case for each scenario, its class the set; a failure where an invariant does not hold. One
// that ended incomplete passes, for the report said so, and holds what a person must do. No time is
// in it, for none passed; its size is bounded.
std::string matrix_junit(const Rehearsal& rehearsal, const std::string& pipeline_path);

}  // namespace stagerun
