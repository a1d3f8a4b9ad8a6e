#include "core/worker/work.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/worker/channel.h"
#include "core/worker/elf.h"
#include "core/worker/landlock.h"
#include "core/worker/library.h"
#include "core/worker/module.h"
#include "core/worker/sandbox.h"
#include "core/worker/serve.h"

namespace stagerun {
namespace {

// What the host passes on (core/link). The lock is only held open: that is how resume finds us.
constexpr int kControlSocket = 3;
constexpr int kCancelPipe = 4;
constexpr int kRunLock = 5;

[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "stagerun-worker: %s: %s\n", what, std::strerror(errno));
  ::_exit(2);
}

// Invariant: afterwards we die with the host, cannot gain privileges, cannot be read by others of
// our user, and hand on no descriptor.
void become_harmless(pid_t host) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up("cannot ask to end with the host");
  if (::getppid() != host) ::_exit(2);  // it died before we could ask
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up("cannot give up privileges");
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) give_up("cannot close our memory to others");
  for (const int fd : {kControlSocket, kCancelPipe, kRunLock}) {
    const bool closed = ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0;
    if (closed && fd != kRunLock) give_up("a descriptor of the host's is missing");
  }
}

Status shut_in(const std::filesystem::path& plugin, const Bounds& bounds, int landlock) {
  TRY(limit_resources());
  if (landlock > 0) TRY(enter_landlock(landlock, plugin, bounds));
  return enter_sandbox(landlock == 0 || guards_truncate(landlock));
}

Refusal refusal(const char* code, const Error& error) {
  return {code, error.hint.empty() ? error.text : error.text + ": " + error.hint};
}

std::optional<Refusal> load(const std::filesystem::path& plugin, const Bounds& bounds, int landlock,
                            Module& module) {
  if (const Status complete = check_elf(plugin); !complete) {
    return refusal("load.elf", complete.error());
  }
  if (const Status sandbox = shut_in(plugin, bounds, landlock); !sandbox) {
    return refusal("load.sandbox", sandbox.error());
  }
  Entry entry = nullptr;
  if (auto refusal = open_plugin(plugin, entry)) return refusal;
  return read_module(entry(), module);
}

}  // namespace

void work(const std::filesystem::path& plugin, pid_t host, const Bounds& bounds) {
  become_harmless(host);
  Channel channel(kControlSocket, kCancelPipe);
  Module module;
  const int landlock = landlock_version();
  if (const auto refused = load(plugin, bounds, landlock, module)) {
    channel.send({wire::Type::refused, 0, 0, 0, {refused->code, refused->text}});
    ::_exit(1);
  }
  channel.send({wire::Type::loaded, 0, 0, landlock, {render_json(describe(module))}});
  serve(channel, module);
}

}  // namespace stagerun
