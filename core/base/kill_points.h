// KillPoints: the places where a crash would matter most, each named on a descriptor when it is
// reached. Whoever holds the other end answers with a byte, or kills us: so crash tests and the
// rehearsal controller die at exactly one place, for real, instead of somewhere by chance.
#pragma once

#include <string_view>

namespace stagerun {

class KillPoints {
 public:
  // Disarmed: reaching a point costs nothing.
  KillPoints() = default;
  // Armed: writes "NAME\n" to the descriptor and waits for one byte. The other end's closing counts
  // as "go on". A socket; not owned.
  explicit KillPoints(int descriptor) : descriptor_(descriptor) {}

  void reach(std::string_view name) const;

 private:
  int descriptor_ = -1;
};

}  // namespace stagerun
