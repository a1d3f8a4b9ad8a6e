#include "core/model/run_event.h"

namespace stagerun {

std::string_view event_name(const EventBody& body) {
  return std::visit([](const auto& event) { return event.kName; }, body);
}

}  // namespace stagerun
