// From an answer to the event that a plugin may see: what was to be captured is swapped for
// handles, and every secret that is known is taken out.
#pragma once

#include "core/base/value.h"
#include "core/broker/effect.h"
#include "core/broker/http_request.h"
#include "core/broker/http_transport.h"

namespace stagerun {

// `elapsed_ms` since the request began. What is captured is in `place.secrets` afterwards.
Value response_event(const EffectPlace& place, const HttpRequest& request, HttpAnswer answer,
                     std::int64_t elapsed_ms);

}  // namespace stagerun
