#include "core/model/pipeline.h"

#include <algorithm>

namespace stagerun {

std::int64_t RetrySpec::pause_before(std::uint32_t attempt) const {
  std::int64_t pause = std::min(backoff_ms, max_backoff_ms);
  for (std::uint32_t i = 2; i < attempt && pause < max_backoff_ms; ++i) {
    pause = std::min(pause * 2, max_backoff_ms);
  }
  return pause;
}

}  // namespace stagerun
