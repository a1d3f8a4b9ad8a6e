#include "core/link/worker_process.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <utility>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/spawn.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

struct Pair {
  Fd ours;
  Fd theirs;
};

Result<Pair> make_socket() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return errno_error("cannot make a socket for a worker", errno);
  }
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return Pair{Fd(ends[0]), Fd(ends[1])};
}

Result<Pair> make_pipe(bool we_read) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno_error("cannot make a pipe for a worker", errno);
  ::fcntl(ends[we_read ? 0 : 1], F_SETFL, O_NONBLOCK);
  if (we_read) return Pair{Fd(ends[0]), Fd(ends[1])};
  return Pair{Fd(ends[1]), Fd(ends[0])};
}

// A worker needs nothing of our environment, which may hold secrets; the sanitizers' options are
// for our own tests.
std::vector<std::string> worker_environment() {
  std::vector<std::string> environment{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"};
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name))
      environment.push_back(fmt::format("{}={}", name, value));
  }
  return environment;
}

// As waitid(), which keeps what the child used to itself: the system call does not.
siginfo_t reap(int pidfd, rusage& used) {
  siginfo_t info{};
  const long result = ::syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG, &used);
  return result == 0 ? info : siginfo_t{};
}

std::string describe_exit(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED)
    return fmt::format("ended by itself with status {}", info.si_status);
  return fmt::format("was killed by signal {} ({})", info.si_status, ::strsignal(info.si_status));
}

}  // namespace

Result<std::unique_ptr<WorkerProcess>> WorkerProcess::spawn(Loop& loop,
                                                            const std::filesystem::path& program,
                                                            const std::filesystem::path& plugin,
                                                            const std::optional<Bounds>& bounds,
                                                            int children_lock) {
  TRY_ASSIGN(Pair socket, make_socket());
  TRY_ASSIGN(Pair cancel, make_pipe(false));
  TRY_ASSIGN(Pair output, make_pipe(true));
  SpawnOptions options;
  options.argv = {program.string(), plugin.string(), std::to_string(::getpid())};
  if (bounds) {
    for (const auto* folder : {&bounds->workspace, &bounds->scratch, &bounds->runs}) {
      options.argv.push_back(folder->string());
    }
  }
  options.environment = worker_environment();
  options.cwd = "/";
  options.descriptors = {{output.theirs.get(), 1},
                         {output.theirs.get(), 2},
                         {socket.theirs.get(), 3},
                         {cancel.theirs.get(), 4}};
  if (children_lock >= 0) options.descriptors.emplace_back(children_lock, 5);
  TRY_ASSIGN(const pid_t pid, stagerun::spawn(options));
  return std::unique_ptr<WorkerProcess>(new WorkerProcess(
      loop, pid, std::move(socket.ours), std::move(cancel.ours), std::move(output.ours)));
}

WorkerProcess::WorkerProcess(Loop& loop, pid_t pid, Fd socket, Fd cancel, Fd output)
    : loop_(loop),
      pid_(pid),
      pidfd_(open_pidfd(pid)),
      socket_(std::move(socket)),
      cancel_(std::move(cancel)),
      output_(std::move(output)) {
  CHECK(static_cast<bool>(pidfd_));
  loop_.watch(socket_.get(), Loop::readable, [this] { on_socket(); });
  loop_.watch(output_.get(), Loop::readable, [this] { read_output(); });
  loop_.watch(pidfd_.get(), Loop::readable, [this] { on_exit(); });
}

WorkerProcess::~WorkerProcess() {
  close_socket();
  loop_.cancel(silence_);
  if (output_) loop_.unwatch(output_.get());
  if (!pidfd_) return;
  loop_.unwatch(pidfd_.get());
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void WorkerProcess::send(const wire::Message& message) {
  if (!socket_) return;
  outgoing_ += wire::encode(message);
  write_socket();
}

void WorkerProcess::cancel() {
  const char byte = 'c';
  if (::write(cancel_.get(), &byte, 1) < 0) return;  // the pipe is full of earlier cancels, or gone
}

void WorkerProcess::kill(const std::string& why) {
  if (failure_.empty()) failure_ = why;
  ::kill(-pid_, SIGKILL);
}

void WorkerProcess::dismiss() { close_socket(); }

void WorkerProcess::close_socket() {
  if (!socket_) return;
  loop_.unwatch(socket_.get());
  socket_.reset();
}

void WorkerProcess::fail(const std::string& why) {
  close_socket();
  kill(why);
}

// A process that ends closes its socket first: how it ended says more than that it is silent.
void WorkerProcess::on_silence() {
  close_socket();
  silence_ = loop_.after(limits::kSilenceGrace, [this] { fail("closed its control socket"); });
}

void WorkerProcess::on_socket() {
  write_socket();
  if (socket_) read_socket();
}

void WorkerProcess::write_socket() {
  while (!outgoing_.empty()) {
    const ssize_t count = ::send(socket_.get(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) {  // it is going; reading says how
      outgoing_.clear();
      break;
    }
    outgoing_.erase(0, static_cast<std::size_t>(count));
  }
  loop_.change(socket_.get(), outgoing_.empty() ? Loop::readable : Loop::readable | Loop::writable);
}

bool WorkerProcess::read_socket() {
  char buffer[64 * 1024];
  const ssize_t count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (count <= 0) {
    on_silence();
    return false;
  }
  decoder_.add({buffer, static_cast<std::size_t>(count)});
  hand_on_messages();
  return true;
}

void WorkerProcess::hand_on_messages() {
  wire::Message message;
  while (socket_) {
    const Result<bool> whole = decoder_.next(message);
    if (!whole) return fail("sent " + whole.error().text);
    if (!*whole) return;
    handlers_.message(message);
  }
}

void WorkerProcess::read_output() {
  char buffer[16 * 1024];
  const ssize_t count = ::read(output_.get(), buffer, sizeof buffer);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    loop_.unwatch(output_.get());
    output_.reset();
    return;
  }
  tail_.append(buffer, static_cast<std::size_t>(count));
  if (tail_.size() > limits::kTailBytes) tail_.erase(0, tail_.size() - limits::kTailBytes);
}

// What it said before it went counts: the socket is read to its end first.
void WorkerProcess::on_exit() {
  rusage used{};
  const siginfo_t info = reap(pidfd_.get(), used);
  if (info.si_pid == 0) return;
  peak_bytes_ = static_cast<std::size_t>(used.ru_maxrss) * 1024;  // told in KiB
  ::kill(-pid_, SIGKILL);
  loop_.unwatch(pidfd_.get());
  pidfd_.reset();
  const std::string failure = std::exchange(failure_, "");
  while (socket_ && read_socket()) {
  }
  close_socket();
  loop_.cancel(silence_);
  if (output_) read_output();
  handlers_.gone(failure.empty() ? describe_exit(info) : failure);
}

}  // namespace stagerun
