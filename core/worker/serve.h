// Serving: one verb after the other, as the host asks for them.
#pragma once

#include "core/worker/channel.h"
#include "core/worker/module.h"

namespace stagerun {

// Ends with the process, when the host closes the socket.
[[noreturn]] void serve(Channel& channel, const Module& module);

}  // namespace stagerun
