// Events as Values, the one form that journal, JSON output and tests share:
// {"at_ms": ..., "event": "verb_started", and the event's own members}. Pure.
#pragma once

#include "core/base/result.h"
#include "core/base/value.h"
#include "core/model/run_event.h"

namespace stagerun {

Value event_to_value(const RunEvent& event);

// Unknown events and missing members are errors (ErrorCode::corrupt): what a newer stagerun wrote
// is not half-read.
Result<RunEvent> event_from_value(const Value& record);

}  // namespace stagerun
