// Between the ports and the wire: what a call is sent as, what a worker's words mean.
#pragma once

#include "core/base/value.h"
#include "core/base/wire.h"
#include "core/model/ports.h"

namespace stagerun {

// `ahead_ms`: how far the host's clock is ahead of the machine's.
wire::Message call_message(const VerbCall& call, std::int64_t ahead_ms);

// The fields of a line of the plugin's log, all texts.
Value log_fields(const wire::Message& message);

}  // namespace stagerun
