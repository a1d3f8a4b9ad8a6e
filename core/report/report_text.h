// A run told to people who were not there. Pure.
#pragma once

#include <string>

#include "core/report/run_history.h"

namespace stagerun {

// How it ended, why, what was changed, what was undone, what stands and what a person has to do;
// then the course of it. Names and messages are made printable; long lists are cut, and say so.
std::string report_text(const RunHistory& history);

}  // namespace stagerun
