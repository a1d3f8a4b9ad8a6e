// Access: what is a read and what is a write (docs/abi.md), and what each verb may do. The plugin's
// own opinion does not count. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/broker/effect.h"
#include "core/model/ports.h"

namespace stagerun {

// Of a request that has the kind's form.
Access classify(const std::string& kind, const Value& request, Verb verb, const Grants& grants);

// Why an effect of that access may not be let through now; nothing where it may.
std::optional<Refusal> refuse(const EffectScope& scope, Access access);

// `authority` is "host:port", as the request's URL names it.
std::optional<Refusal> refuse_host(const Grants& grants, const std::string& authority);

}  // namespace stagerun
