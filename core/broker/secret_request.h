// Where handles of secrets may stand in a request (docs/effects.md), and the request with the
// values in their place. It never leaves the broker: journal, plugin and log see the one with
// handles.
#pragma once

#include <string>
#include <variant>

#include "core/base/value.h"
#include "core/broker/effect.h"
#include "core/broker/secret_store.h"

namespace stagerun {

// The refusal is `effect.secret`: a handle stands where none may, was not granted, or is not known.
std::variant<Value, Refusal> open_request(const std::string& kind, const Value& request,
                                          const SecretStore& secrets, const SecretGrants& grants);

}  // namespace stagerun
