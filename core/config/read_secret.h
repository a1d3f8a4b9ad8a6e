// One entry of [secrets]. Pure.
#pragma once

#include <string_view>

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/model/pipeline.h"

namespace stagerun {

// What an environment variable, or a secret, may be called: a letter or _, then letters, digits, _.
bool is_variable_name(std::string_view name);

SecretSpec read_secret(const Member& member, Diagnostics& diagnostics);

}  // namespace stagerun
