#include "core/broker/service.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/base/spawn.h"
#include "core/broker/reap.h"

namespace stagerun {
namespace {

constexpr int kLockNumber = 5;

// A stage's name as part of a file's name, whatever it holds.
std::string as_file_name(const std::string& name) {
  std::string safe;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '-' || c == '.';
    safe += plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return safe;
}

Result<Fd> hold_lock(const std::filesystem::path& file) {
  TRY_ASSIGN(Fd lock, open_file(file, O_RDWR | O_CREAT | O_NOFOLLOW));
  if (::flock(lock.get(), LOCK_SH | LOCK_NB) != 0) {
    return errno_error("cannot lock " + file.string(), errno);
  }
  return lock;
}

}  // namespace

std::filesystem::path service_file(const EffectPlace& place, const std::string& id,
                                   const std::string& extension) {
  return place.run_folder / "services" /
         fmt::format("{}@{}.{}", as_file_name(place.stage), id, extension);
}

std::vector<ProcessId> find_service(const EffectPlace& place, const std::string& id) {
  std::vector<ProcessId> found = holders_of(service_file(place, id, "lock"));
  for (const ServiceState& service : place.services) {
    const ProcessId process{static_cast<pid_t>(service.pid),
                            static_cast<std::uint64_t>(service.start_ticks)};
    const bool known = std::find(found.begin(), found.end(), process) != found.end();
    if (service.key.ends_with("/" + id) && !known && is_running(process)) found.push_back(process);
  }
  return found;
}

ServiceChildren::~ServiceChildren() {
  for (const auto& [pid, pidfd] : pidfds_) loop_.unwatch(pidfd.get());
}

void ServiceChildren::adopt(pid_t pid) {
  Fd pidfd = open_pidfd(pid);
  if (!pidfd) return;
  loop_.watch(pidfd.get(), Loop::readable, [this, pid] { reap(pid); });
  pidfds_.emplace(pid, std::move(pidfd));
}

void ServiceChildren::reap(pid_t pid) {
  if (::waitpid(pid, nullptr, WNOHANG) == 0) return;
  loop_.unwatch(pidfds_.at(pid).get());
  pidfds_.erase(pid);
}

Result<pid_t> ServiceEffect::start() {
  TRY(make_folder(place_.run_folder / "services"));
  TRY_ASSIGN(const Fd lock, hold_lock(service_file(place_, place_.id, "lock")));
  TRY_ASSIGN(const Fd log, open_file(service_file(place_, place_.id, "log"),
                                     O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW));
  SpawnOptions options;
  options.argv = request_.argv;
  options.cwd = request_.cwd;
  options.environment =
      environment_of(request_, place_.secrets.without_secrets(place_.environment));
  options.own_session = true;
  options.descriptors = {
      {log.get(), STDOUT_FILENO}, {log.get(), STDERR_FILENO}, {lock.get(), kLockNumber}};
  return spawn(options);
}

void ServiceEffect::launch() {
  const Result<pid_t> pid = start();
  if (!pid) return place_.host.end(failed_event("process.start", pid.error().text, false));
  const ProcessId process = identify(*pid).value_or(ProcessId{*pid, 0});
  place_.service_children.adopt(*pid);
  // A service that later hosts might not hear of must not stay.
  if (const Status recorded = place_.host.record_process(process, true, true); !recorded) {
    signal_group(process, SIGKILL);
    return place_.host.end(failed_event("effect.journal", recorded.error().text, true));
  }
  place_.host.end(Value::object().set("event", "running").set("pid", Value(int{*pid})));
}

void AliveEffect::launch() {
  const bool running = !find_service(place_, id_).empty();
  place_.host.end(Value::object().set("event", "alive").set("running", running));
}

void StopEffect::launch() {
  left_ = find_service(place_, request_.stop);
  if (left_.empty()) {
    return place_.host.end(Value::object().set("event", "stopped").set("was_running", false));
  }
  send(SIGTERM, request_.grace_ms);
  look();
}

void StopEffect::send(int signal, std::int64_t wait_ms) {
  signal_ = signal;
  deadline_ms_ = place_.loop.clock().monotonic_ms() + wait_ms;
  signal_groups(left_, signal);
}

// Looking through /proc costs milliseconds: only once those that are known are gone, for whatever
// they started meanwhile.
void StopEffect::look() {
  std::erase_if(left_, [](const ProcessId& process) { return !is_running(process); });
  if (left_.empty()) {
    left_ = find_service(place_, request_.stop);
    signal_groups(left_, signal_);
  }
  if (left_.empty()) {
    return place_.host.end(Value::object().set("event", "stopped").set("was_running", true));
  }
  if (place_.loop.clock().monotonic_ms() >= deadline_ms_) {
    if (signal_ == SIGKILL) {
      return place_.host.end(failed_event(
          "process.stop", fmt::format("process {} cannot be ended", left_.front().pid), true));
    }
    send(SIGKILL, limits::kKillWait);
  }
  timer_ = place_.loop.after(limits::kPollInterval, [this] { look(); });
}

// It was told to end, and may still do so in its own time; haste does not make it ours to kill.
void StopEffect::cancel(bool) {
  place_.loop.cancel(timer_);
  place_.host.end(cancelled_event(true));
}

}  // namespace stagerun
