// A run for programs: docs/report-json.md has every member. Pure.
#pragma once

#include "core/base/value.h"
#include "core/report/run_history.h"

namespace stagerun {

// The number of the form: it grows where a member changes its meaning or goes, not where one comes.
inline constexpr int kReportForm = 1;

Value report_value(const RunHistory& history);

}  // namespace stagerun
