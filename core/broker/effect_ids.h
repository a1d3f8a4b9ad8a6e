// EffectIds: the names of one verb's effects: the plugin's own, or counted. Each is used once.
#pragma once

#include <string>
#include <unordered_set>

#include "core/base/result.h"
#include "core/base/value.h"

namespace stagerun {

class EffectIds {
 public:
  // The id for this request. Not used up until take(): a refused effect does not count, so that the
  // ones after it have the same ids on every attempt.
  Result<std::string> choose(const Value& request) const;
  void take(const std::string& id);

  std::size_t count() const { return taken_.size(); }

 private:
  std::unordered_set<std::string> taken_;
};

}  // namespace stagerun
