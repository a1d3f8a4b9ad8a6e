// A run as JUnit XML, which GitLab, Jenkins and their like show as tests. Pure.
#pragma once

#include <string>

#include "core/report/run_history.h"

namespace stagerun {

// A test case for each stage: passed where what it did stands and ought to. One that failed is a
// failure, one that could not be undone an error, one that was skipped, undone or never begun is
// skipped. Whenever the run did not succeed as a whole, a last case, `(run)`, fails: a run that
// went back is never green. Its size is bounded, and it holds no secrets, since journals hold none.
std::string report_junit(const RunHistory& history);

}  // namespace stagerun
