// An expression's text to an Expression. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "core/base/diagnostic.h"
#include "core/config/text_place.h"
#include "core/model/expression.h"

namespace stagerun {

// Reads what stands from `begin` to before `end` of `text`, blanks around it allowed. The first
// thing that is wrong with it is reported at its place, and then the expression has no nodes.
// `in_if`: secrets may not be named.
Expression parse_expression(const std::string& text, std::size_t begin, std::size_t end,
                            const TextPlace& place, bool in_if, Diagnostics& diagnostics);

}  // namespace stagerun
