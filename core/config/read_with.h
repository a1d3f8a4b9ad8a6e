// What stands under `with`, for a plugin that the reader knows nothing about. Pure.
#pragma once

#include <set>
#include <string>

#include "core/base/diagnostic.h"
#include "core/config/document.h"
#include "core/config/lines.h"
#include "core/model/pipeline.h"

namespace stagerun {

// What expressions name that somebody has to list.
struct UsedNames {
  std::set<std::string> secrets;
  std::set<std::string> variables;
  bool are_all = true;  // false where an expression could not be read
};

void note_used(const Expression& expression, UsedNames& used);

// Fills the stage's `with`, its templates and the spans of everything in it, in place of what was
// there. Adds to `used`.
void read_with(const Node& table, const Lines& lines, StageSpec& stage, UsedNames& used,
               Diagnostics& diagnostics);

}  // namespace stagerun
