#include "core/broker/reap.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <thread>
#include <unistd.h>

#include "core/base/files.h"
#include "core/base/limits.h"

namespace stagerun {
namespace {

class Reaper {
 public:
  Reaper(std::filesystem::path file, std::vector<ProcessId> journaled, const Clock& clock)
      : file_(std::move(file)), journaled_(std::move(journaled)), clock_(clock) {}

  // Signals everything that is left, newcomers too, until nothing is or the time is up. True where
  // nothing is left.
  bool end_all(int signal, std::int64_t wait_ms) {
    const std::int64_t deadline = clock_.monotonic_ms() + wait_ms;
    std::vector<ProcessId> told;
    for (;;) {
      left_ = find();
      if (left_.empty()) return true;
      tell_newcomers(told, signal);
      if (clock_.monotonic_ms() >= deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(limits::kPollInterval));
    }
  }

  Error still_there() const {
    std::string pids;
    for (const ProcessId& process : left_) {
      pids += pids.empty() ? "" : ", ";
      pids += std::to_string(process.pid);
    }
    return Error{ErrorCode::busy,
                 "processes of this run are still there and cannot be ended: " + pids,
                 "end them (they may be another user's), then try again"};
  }

 private:
  std::vector<ProcessId> find() const {
    std::vector<ProcessId> found = holders_of(file_);
    for (const ProcessId& process : journaled_) {
      const bool known = std::find(found.begin(), found.end(), process) != found.end();
      if (!known && process.pid != ::getpid() && is_running(process)) found.push_back(process);
    }
    return found;
  }

  void tell_newcomers(std::vector<ProcessId>& told, int signal) const {
    std::vector<ProcessId> fresh;
    for (const ProcessId& process : left_) {
      if (std::find(told.begin(), told.end(), process) == told.end()) fresh.push_back(process);
    }
    signal_groups(fresh, signal);
    told.insert(told.end(), fresh.begin(), fresh.end());
  }

  std::filesystem::path file_;
  std::vector<ProcessId> journaled_;
  const Clock& clock_;
  std::vector<ProcessId> left_;
};

}  // namespace

void signal_groups(const std::vector<ProcessId>& processes, int signal) {
  const auto is_listed = [&](pid_t pid) {
    return std::any_of(processes.begin(), processes.end(),
                       [&](const ProcessId& process) { return process.pid == pid; });
  };
  // First who follows, then who leads: a leader that is gone can no longer be asked for.
  for (const ProcessId& process : processes) {
    const pid_t group = ::getpgid(process.pid);
    const bool reached_by_leader = group != process.pid && group != ::getpgrp() && is_listed(group);
    if (!reached_by_leader) signal_group(process, signal);
  }
}

Result<Fd> reap_run(const std::filesystem::path& run_folder,
                    const std::vector<ProcessId>& journaled, const Clock& clock,
                    std::int64_t grace_ms) {
  const std::filesystem::path file = run_folder / "children.lock";
  TRY_ASSIGN(Fd lock, open_file(file, O_RDWR | O_CREAT | O_NOFOLLOW));
  Reaper reaper(file, journaled, clock);
  if (!reaper.end_all(SIGTERM, grace_ms) && !reaper.end_all(SIGKILL, limits::kKillWait)) {
    return reaper.still_there();
  }
  // A worker of ours cannot be looked into by an ordinary user; it ends when it sees its host gone.
  const std::int64_t deadline = clock.monotonic_ms() + limits::kKillWait;
  for (;;) {
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) return errno_error("cannot lock " + file.string(), errno);
    if (clock.monotonic_ms() >= deadline) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(limits::kPollInterval));
  }
  return Error{ErrorCode::busy, "somebody who cannot be seen from here holds " + file.string(),
               "look for processes of this run on other machines or in other containers"};
}

}  // namespace stagerun
