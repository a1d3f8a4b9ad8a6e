// How it works: the child leads a process group and is watched through a pidfd. When it has ended
// it is first drained, then its group is killed, and only then is it reaped: until it is reaped its
// pid, and so its group's number, cannot be given to anybody else.
#include "core/broker/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/linux.h"
#include "core/broker/scratch_file.h"

namespace stagerun {
namespace {

// The descriptor by which a child holds the run's lock.
constexpr int kLockNumber = 5;

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno_error("cannot make a pipe", errno);
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// Only our end: the other one belongs to a program that expects it to block.
void set_non_blocking(const Fd& fd) { ::fcntl(fd.get(), F_SETFL, O_NONBLOCK); }

bool may_be_sent(int number) {
  constexpr std::array kAllowed = {SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGQUIT, SIGKILL};
  return std::find(kAllowed.begin(), kAllowed.end(), number) != kAllowed.end();
}

id_t as_id(const Fd& fd) { return static_cast<id_t>(fd.get()); }

}  // namespace

struct ProcessEffect::Stream {
  Stream(Fd read_end, const Mask& secrets, Tail& end, Lines::Take take)
      : pipe(std::move(read_end)),
        mask(secrets),
        masked(secrets),
        tail(end),
        lines(std::move(take)) {}

  void add(std::string_view bytes) {
    mask.is_empty() ? pass_on(bytes) : pass_on(masked.add(bytes));
  }
  void finish() {
    pass_on(masked.finish());
    lines.finish();
  }

  Fd pipe;

 private:
  // Before it is cut into lines and pieces of lines: a secret may lie across any cut.
  void pass_on(std::string_view bytes) {
    tail.add(bytes);
    lines.add(bytes);
  }

  const Mask& mask;
  MaskStream masked;
  Tail& tail;
  Lines lines;
};

ProcessEffect::ProcessEffect(EffectPlace& place, ProcessRequest request)
    : place_(place), request_(std::move(request)), input_(place.loop) {}

ProcessEffect::~ProcessEffect() {
  place_.loop.cancel(grace_);
  for (const auto& stream : streams_) close(*stream);
  if (pid_ == 0) return;
  place_.loop.unwatch(pidfd_.get());
  kill_group(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void ProcessEffect::launch() {
  if (failure_) return place_.host.end(*failure_);
  const Status started = start();
  if (!started) {
    return place_.host.end(failed_event("process.start", started.error().text, false));
  }
  watch();
}

Status ProcessEffect::start() {
  SpawnOptions options;
  options.argv = request_.argv;
  options.cwd = request_.cwd;
  options.environment =
      environment_of(request_, place_.secrets.without_secrets(place_.environment));
  std::vector<Fd> theirs;
  TRY(open_streams(options, theirs));
  if (place_.children_lock_fd >= 0) {
    options.descriptors.emplace_back(place_.children_lock_fd, kLockNumber);
  }
  TRY_ASSIGN(pid_, spawn(options));
  return {};
}

Status ProcessEffect::open_streams(SpawnOptions& options, std::vector<Fd>& theirs) {
  using Output = ProcessRequest::Output;
  if (request_.takes_input || request_.input) TRY(add_input(options, theirs));
  if (request_.output == Output::none) return {};
  if (request_.output == Output::file) {
    TRY_ASSIGN(Fd file, create_in_scratch(place_.scratch, request_.output_file));
    options.descriptors.emplace_back(file.get(), STDOUT_FILENO);
    theirs.push_back(std::move(file));
  } else {
    TRY(add_stream("stdout", STDOUT_FILENO, options, theirs));
  }
  return add_stream("stderr", STDERR_FILENO, options, theirs);
}

Status ProcessEffect::add_stream(const std::string& name, int number, SpawnOptions& options,
                                 std::vector<Fd>& theirs) {
  TRY_ASSIGN(Pipe pipe, make_pipe());
  set_non_blocking(pipe.read);
  options.descriptors.emplace_back(pipe.write.get(), number);
  theirs.push_back(std::move(pipe.write));
  const auto take = [this, name](const std::string& line) { take_line(name, line); };
  auto& stream = streams_.emplace_back(
      std::make_unique<Stream>(std::move(pipe.read), place_.secrets.mask(), tail_, take));
  place_.loop.watch(stream->pipe.get(), Loop::readable,
                    [this, place = stream.get()] { read(*place); });
  return {};
}

Status ProcessEffect::add_input(SpawnOptions& options, std::vector<Fd>& theirs) {
  TRY_ASSIGN(Pipe pipe, make_pipe());
  set_non_blocking(pipe.write);
  options.descriptors.emplace_back(pipe.read.get(), STDIN_FILENO);
  theirs.push_back(std::move(pipe.read));
  if (request_.input) {
    static_cast<void>(input_.add(*std::exchange(request_.input, std::nullopt)));
    static_cast<void>(input_.add(""));
  }
  input_.open(std::move(pipe.write));
  return {};
}

void ProcessEffect::watch() {
  // The broker itself takes note where the journal fails.
  const ProcessId process = identify(pid_).value_or(ProcessId{pid_, 0});
  static_cast<void>(place_.host.record_process(process, false, false));
  pidfd_ = open_pidfd(pid_);
  if (!pidfd_) {
    kill_group(SIGKILL);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
    const Error error = errno_error("cannot watch the process", errno);
    return place_.host.end(
        failed_event("process.start", error.text, place_.access == Access::write));
  }
  place_.loop.watch(pidfd_.get(), Loop::readable, [this] { on_exit(); });
  place_.host.say(Value::object().set("event", "started").set("pid", Value(int{pid_})));
}

void ProcessEffect::take_line(const std::string& stream, const std::string& line) {
  if (request_.output != ProcessRequest::Output::lines) return place_.host.log(stream, line);
  place_.host.say(Value::object().set("event", "line").set("stream", stream).set("text", line));
}

void ProcessEffect::read(Stream& stream) {
  std::array<char, limits::kReadBytes> buffer;
  const ssize_t count = ::read(stream.pipe.get(), buffer.data(), buffer.size());
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    close(stream);
    return stream.finish();
  }
  stream.add({buffer.data(), static_cast<std::size_t>(count)});
}

// What is in the pipe now, and no more: who still writes into it is about to be killed.
void ProcessEffect::drain(Stream& stream) {
  int left = 0;
  if (!stream.pipe || ::ioctl(stream.pipe.get(), FIONREAD, &left) != 0) return;
  std::array<char, limits::kReadBytes> buffer;
  while (left > 0) {
    const auto most = std::min(buffer.size(), static_cast<std::size_t>(left));
    const ssize_t count = ::read(stream.pipe.get(), buffer.data(), most);
    if (count <= 0) break;
    left -= static_cast<int>(count);
    stream.add({buffer.data(), static_cast<std::size_t>(count)});
  }
  stream.finish();
}

void ProcessEffect::close(Stream& stream) {
  if (!stream.pipe) return;
  place_.loop.unwatch(stream.pipe.get());
  stream.pipe.reset();
}

void ProcessEffect::on_exit() {
  siginfo_t info{};
  const int flags = WEXITED | WNOHANG | WNOWAIT;
  if (::waitid(P_PIDFD, as_id(pidfd_), &info, flags) != 0 || info.si_pid == 0) return;
  place_.loop.cancel(grace_);
  for (const auto& stream : streams_) drain(*stream);
  kill_group(SIGKILL);
  place_.loop.unwatch(pidfd_.get());
  ::waitid(P_PIDFD, as_id(pidfd_), &info, WEXITED);
  pid_ = 0;
  for (const auto& stream : streams_) close(*stream);
  input_.close();
  settle(info.si_code, info.si_status);
}

void ProcessEffect::settle(int code, int status) {
  if (failure_) return place_.host.end(*failure_);
  if (cancelled_) return place_.host.end(cancelled_event(place_.access == Access::write));
  place_.host.end(Value::object()
                      .set("event", "exited")
                      .set(code == CLD_EXITED ? "status" : "signal", Value(status))
                      .set("tail", tail_.text()));
}

bool ProcessEffect::has_ended() const {
  siginfo_t info{};
  return pid_ == 0 || (::waitid(P_PIDFD, as_id(pidfd_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                       info.si_pid != 0);
}

void ProcessEffect::kill_group(int number) {
  if (pid_ > 1) ::kill(-pid_, number);
}

// Who has ended by itself before was not cancelled: its outcome is known.
void ProcessEffect::cancel(bool at_once) {
  if (has_ended()) return;
  const bool first = !std::exchange(cancelled_, true);
  if (at_once) return kill_group(SIGKILL);
  if (!first) return;
  kill_group(SIGTERM);
  grace_ = place_.loop.after(request_.grace_ms, [this] { kill_group(SIGKILL); });
}

void ProcessEffect::write(const std::string& bytes) {
  if (!request_.takes_input || failure_) return;
  const Result<std::string> opened = place_.secrets.expand(bytes, place_.secret_grants);
  if (!opened) return give_up("effect.secret", opened.error().text);
  if (!input_.add(*opened)) {
    give_up("process.input", "it does not read its input, and too much has come");
  }
}

void ProcessEffect::give_up(std::string_view code, std::string_view text) {
  failure_ = failed_event(code, text, pid_ != 0 && place_.access == Access::write);
  kill_group(SIGKILL);
}

void ProcessEffect::signal(int number) {
  if (may_be_sent(number)) kill_group(number);
}

void ProcessEffect::pause(bool paused) {
  for (const auto& stream : streams_) {
    if (stream->pipe)
      place_.loop.change(stream->pipe.get(), paused ? Loop::nothing : Loop::readable);
  }
}

}  // namespace stagerun
