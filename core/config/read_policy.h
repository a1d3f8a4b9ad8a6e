// The keys of a stage that [defaults] may hold too. Pure.
#pragma once

#include "core/base/diagnostic.h"
#include "core/config/table_reader.h"
#include "core/model/pipeline.h"

namespace stagerun {

// Fills the stage's timeouts, retry, on_failure and rollback with what the table says, where it
// says anything. False where something is wrong with it.
bool read_policy(const TableReader& table, const std::string& where, StageSpec& stage,
                 Diagnostics& diagnostics);

}  // namespace stagerun
