// What a reference in an expression may look like, whatever the pipeline holds. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/diagnostic.h"

namespace stagerun {

// The words between the dots; empty where something else stands there.
std::vector<std::string> words_of(std::string_view path);

// Text empty where it is one; the span is the caller's.
Diagnostic reference_problem(std::string_view written, const std::vector<std::string>& path);

}  // namespace stagerun
