// From a request to the effect that it asks for.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "core/broker/effect.h"

namespace stagerun {

// Refuses unknown kinds, requests that have not the kind's form, hosts and variables that the
// manifest does not name. `request` holds the values of secrets, `asked` the handles in their
// place. `place` must outlive the effect.
std::variant<std::unique_ptr<Effect>, Refusal> make_effect(const std::string& kind,
                                                           const Value& request, const Value& asked,
                                                           EffectPlace& place);

}  // namespace stagerun
