// Template: a string with `${{ ... }}` in it, taken apart. Pure.
#pragma once

#include <optional>
#include <string>

#include "core/base/diagnostic.h"
#include "core/config/lines.h"
#include "core/model/pipeline.h"

namespace stagerun {

// The parts of `text`, which stands at `place` in the file; nothing where it holds no expression.
// What is wrong in an expression is reported at the expression, or at `place` where the file spells
// the text with escapes.
std::optional<Template> parse_template(const std::string& text, const Span& place,
                                       const Lines& lines, Diagnostics& diagnostics);

}  // namespace stagerun
