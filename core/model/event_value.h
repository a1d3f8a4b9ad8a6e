// Events as JSON, the one form that journal, JSON output and tests share:
// {"at_ms": ..., "event": "verb_started", and the event's own members}. Pure.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/base/value.h"
#include "core/model/run_event.h"

namespace stagerun {

// One line.
std::string event_to_json(const RunEvent& event);
// The same to look into, or to add to; for events that are few.
Value event_to_value(const RunEvent& event);

// Unknown events and missing members are errors (ErrorCode::corrupt): what a newer stagerun wrote
// is not half-read.
Result<RunEvent> event_from_value(const Value& record);

}  // namespace stagerun
