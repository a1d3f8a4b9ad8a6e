#include "core/plan/hint.h"

#include "core/base/limits.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

constexpr std::size_t kShortList = 12;

}  // namespace

std::string hint_for(std::string_view word, const std::vector<std::string>& candidates,
                     const Diagnostics& so_far) {
  if (so_far.size() >= limits::kDiagnostics) return "";
  if (candidates.size() <= kShortList) return suggestion(word, candidates);
  const auto near = nearest(word, candidates);
  return near ? "did you mean `" + *near + "`?" : "";
}

}  // namespace stagerun
