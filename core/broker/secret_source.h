// Where a secret's value is: a variable, a file, or what a program prints.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/model/pipeline.h"

namespace stagerun {

// Reads it. Files and programs stand where `workspace` is, unless they say otherwise; one newline
// at the end is not part of the value. Blocks: for a program at most limits::kSecretTimeout. Errors
// say what to do and never hold a value.
Result<std::string> read_secret(const SecretSpec& secret, const std::filesystem::path& workspace);

}  // namespace stagerun
