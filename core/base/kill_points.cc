#include "core/base/kill_points.h"

#include <cerrno>
#include <string>
#include <unistd.h>

#include "core/base/files.h"

namespace stagerun {

void KillPoints::reach(std::string_view name) const {
  if (descriptor_ < 0) return;
  if (!write_all(descriptor_, std::string(name) + "\n")) return;
  char answer = 0;
  while (::read(descriptor_, &answer, 1) < 0 && errno == EINTR) {
  }
}

}  // namespace stagerun
