#include "core/base/kill_points.h"

#include <cerrno>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace stagerun {

void KillPoints::reach(std::string_view name) const {
  if (descriptor_ < 0) return;
  // Not write(2): whoever watched may be gone, and that must not be a SIGPIPE.
  const std::string line = std::string(name) + "\n";
  if (::send(descriptor_, line.data(), line.size(), MSG_NOSIGNAL) < 0) return;
  char answer = 0;
  while (::read(descriptor_, &answer, 1) < 0 && errno == EINTR) {
  }
}

}  // namespace stagerun
