// Template: a string with `${{ ... }}` in it, taken apart. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/base/diagnostic.h"
#include "core/config/lines.h"
#include "core/model/pipeline.h"

namespace stagerun {

// The parts of `text`, which stands at `place` in the file; nothing where it holds no expression.
// What is wrong in an expression is reported where it stands; such a part has no nodes.
std::optional<Template> parse_template(const std::string& text, const Span& place,
                                       const Lines& lines, Diagnostics& diagnostics);

// The expression that `text` is, as in `if`: without ${{ }} around it.
Expression parse_condition(const std::string& text, const Span& place, const Lines& lines,
                           Diagnostics& diagnostics);

}  // namespace stagerun
