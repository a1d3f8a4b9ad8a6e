// Between the ports and the wire: what a call is sent as, what a worker's words mean.
#pragma once

#include "core/base/value.h"
#include "core/base/wire.h"
#include "core/model/ports.h"

namespace stagerun {

wire::Message call_message(const VerbCall& call);

// The fields of a line of the plugin's log, all texts.
Value log_fields(const wire::Message& message);

}  // namespace stagerun
