#include "core/base/kill_points.h"

#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "core/base/fd.h"

namespace stagerun {
namespace {

struct Pair {
  Fd ours;
  Fd theirs;
};

Pair make_pair_of_sockets() {
  int fds[2] = {-1, -1};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

std::string read_some(const Fd& fd) {
  char buffer[256];
  const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
  return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : "";
}

TEST(KillPoints, DisarmedCostsNothing) { KillPoints().reach("anywhere"); }

TEST(KillPoints, NamesThePlaceAndWaitsForOneByte) {
  const Pair pair = make_pair_of_sockets();
  bool passed = false;
  std::thread program([&] {
    KillPoints(pair.theirs.get()).reach("journal.synced");
    passed = true;
    KillPoints(pair.theirs.get()).reach("second");
  });
  EXPECT_EQ(read_some(pair.ours), "journal.synced\n");
  EXPECT_EQ(::write(pair.ours.get(), "g", 1), 1);
  EXPECT_EQ(read_some(pair.ours), "second\n");
  EXPECT_TRUE(passed);
  EXPECT_EQ(::write(pair.ours.get(), "g", 1), 1);
  program.join();
}

TEST(KillPoints, AClosedOtherEndMeansGoOn) {
  Pair pair = make_pair_of_sockets();
  pair.ours.reset();
  KillPoints(pair.theirs.get()).reach("nobody is there");
  KillPoints(pair.theirs.get()).reach("still nobody");
}

TEST(KillPoints, ClosingWhileItWaitsMeansGoOn) {
  Pair pair = make_pair_of_sockets();
  std::thread program([&] { KillPoints(pair.theirs.get()).reach("waiting"); });
  EXPECT_EQ(read_some(pair.ours), "waiting\n");
  pair.ours.reset();
  program.join();
}

}  // namespace
}  // namespace stagerun
