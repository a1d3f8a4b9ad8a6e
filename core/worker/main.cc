// stagerun-worker PLUGIN HOST_PID [WORKSPACE SCRATCH RUNS]: loads one plugin and runs its verbs for
// the host that started it; without the folders it only says what the plugin offers.
#include <charconv>
#include <cstdio>
#include <cstring>
#if defined(__SANITIZE_THREAD__)
#include <thread>
#endif

#include "core/worker/work.h"

#if defined(__SANITIZE_ADDRESS__)
// Looking for leaks takes a process of its own, which the sandbox refuses; and the plugin's library
// is never closed on purpose. A crash must end as the signal that it is.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options();
const char* __asan_default_options() { return "detect_leaks=0:handle_segv=0:handle_abort=0"; }
#endif

int main(int argc, char** argv) {
  pid_t host = 0;
  if (argc == 3 || argc == 6) std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), host);
  if (host <= 0) {
    std::fputs("stagerun-worker is started by stagerun, not by hand: see `stagerun --help`\n",
               stderr);
    return 2;
  }
#if defined(__SANITIZE_THREAD__)
  // The sanitizer has a thread of its own, which begins with our first: no plugin leaves it behind.
  std::thread([] {}).join();
#endif
  stagerun::Bounds bounds;
  if (argc == 6) bounds = {argv[3], argv[4], argv[5]};
  stagerun::work(argv[1], host, bounds);
}
