#include "core/broker/secret_source.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/base/spawn.h"

namespace stagerun {
namespace {

Error lacking(const SecretSpec& secret, const std::string& why, const std::string& hint) {
  return Error{ErrorCode::usage, fmt::format("the secret {} cannot be had: {}", secret.name, why),
               hint};
}

Result<std::string> read_variable(const SecretSpec& secret) {
  const char* value = std::getenv(secret.place.c_str());
  if (value != nullptr) return std::string(value);
  return lacking(secret, fmt::format("the variable {} is not set", secret.place),
                 fmt::format("set {} in the environment of stagerun", secret.place));
}

// A running program and what it prints, until it is done with.
class Printer {
 public:
  Printer(pid_t pid, Fd output) : pid_(pid), output_(std::move(output)) {}
  ~Printer() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Printer(const Printer&) = delete;
  Printer& operator=(const Printer&) = delete;

  // Nothing where it prints too much or for too long.
  std::optional<std::string> read_all(std::int64_t timeout_ms) {
    const SystemClock clock;
    const std::int64_t end = clock.monotonic_ms() + timeout_ms;
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
      const std::int64_t left = end - clock.monotonic_ms();
      pollfd wanted{output_.get(), POLLIN, 0};
      if (left <= 0 || ::poll(&wanted, 1, static_cast<int>(left)) == 0) return std::nullopt;
      const ssize_t count = ::read(output_.get(), buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(count));
      if (text.size() > limits::kSecretBytes) return std::nullopt;
    }
  }

  // True where it ended with status 0.
  bool has_succeeded() {
    int status = 0;
    const pid_t ended = ::waitpid(pid_, &status, 0);
    ::kill(-std::exchange(pid_, 0), SIGKILL);
    return ended > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t pid_;
  Fd output_;
};

Result<std::string> read_command(const SecretSpec& secret, const std::filesystem::path& workspace) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno_error("cannot make a pipe", errno);
  Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  SpawnOptions options;
  options.argv = secret.command;
  options.cwd = workspace;
  options.environment = own_environment();
  options.descriptors = {{write_end.get(), STDOUT_FILENO}, {STDERR_FILENO, STDERR_FILENO}};
  const std::string& program = secret.command.front();
  const auto pid = spawn(options);
  if (!pid) return lacking(secret, pid.error().text, fmt::format("install {}", program));
  write_end.reset();
  Printer printer(*pid, std::move(read_end));
  auto text = printer.read_all(limits::kSecretTimeout);
  if (!text) {
    return lacking(secret, fmt::format("`{}` printed too much, or not to its end", program),
                   "it must print the value, and nothing else, within 30 s");
  }
  if (!printer.has_succeeded()) {
    return lacking(secret, fmt::format("`{}` failed", program), "its own words stand above");
  }
  return *std::move(text);
}

}  // namespace

Result<std::string> read_secret(const SecretSpec& secret, const std::filesystem::path& workspace) {
  if (secret.from == SecretSpec::From::variable) return read_variable(secret);
  Result<std::string> value = Error{};
  if (secret.from == SecretSpec::From::command) {
    value = read_command(secret, workspace);
  } else {
    value = read_file(workspace / secret.place, limits::kSecretBytes);
    if (!value)
      value = lacking(secret, value.error().text, "write it there, readable by you alone");
  }
  if (value && value->ends_with('\n')) value->pop_back();
  if (value && value->ends_with('\r')) value->pop_back();
  return value;
}

}  // namespace stagerun
