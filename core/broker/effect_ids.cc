#include "core/broker/effect_ids.h"

#include <fmt/format.h>

#include "core/broker/form.h"

namespace stagerun {

Result<std::string> EffectIds::choose(const Value& request) const {
  const Value* given = request.find("id");
  if (given == nullptr) {
    std::size_t number = taken_.size() + 1;
    while (taken_.contains(std::to_string(number))) ++number;
    return std::to_string(number);
  }
  if (given->text() == nullptr || !is_effect_id(*given->text())) {
    return malformed("`id` must be of a-z, 0-9, _, . and -, at most 64 of them");
  }
  if (taken_.contains(*given->text())) {
    return malformed(fmt::format("`id` {} was used by this verb before", *given->text()));
  }
  return *given->text();
}

void EffectIds::take(const std::string& id) { taken_.insert(id); }

}  // namespace stagerun
