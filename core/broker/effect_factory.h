// From a request to the effect that it asks for.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "core/broker/effect.h"
#include "core/model/ports.h"

namespace stagerun {

// Refuses unknown kinds, requests that have not the kind's form, and hosts that the manifest does
// not name. `place` must outlive the effect.
std::variant<std::unique_ptr<Effect>, Refusal> make_effect(const std::string& kind,
                                                           const Value& request,
                                                           const EffectScope& scope,
                                                           EffectPlace& place);

}  // namespace stagerun
