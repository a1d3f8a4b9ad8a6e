#include "core/rehearsal/performance.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/linux.h"

namespace stagerun::rehearsal {
namespace {

// The host's descriptors.
constexpr int kTalkNumber = 3;
constexpr int kPointsNumber = 4;

struct Pair {
  Fd ours;
  Fd theirs;
};

Result<Pair> make_pair_of_sockets() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return errno_error("cannot make a pair of sockets", errno);
  }
  return Pair{Fd(ends[0]), Fd(ends[1])};
}

std::string all_of(int fd) {
  std::string text;
  std::array<char, limits::kReadBytes> buffer;
  if (::lseek(fd, 0, SEEK_SET) != 0) return text;
  for (ssize_t count = 0; (count = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(count));
    if (text.size() > limits::kRehearsedOutputBytes) break;
  }
  return text;
}

class Host {
 public:
  Host(const Cues& cues, Fd talk, Fd points, Fd output)
      : cues_(cues),
        talk_fd_(std::move(talk)),
        points_fd_(std::move(points)),
        output_(std::move(output)),
        talk_(talk_fd_.get()) {}
  ~Host() { end(); }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Status start(const SpawnOptions& options) {
    TRY_ASSIGN(pid_, spawn(options));
    pidfd_ = open_pidfd(pid_);
    return pidfd_ ? Status() : Status(errno_error("cannot watch the host", errno));
  }

  Result<Performed> serve() {
    for (;;) {
      std::array<pollfd, 3> wanted{{{talk_fd_ ? talk_fd_.get() : -1, POLLIN, 0},
                                    {points_fd_ ? points_fd_.get() : -1, POLLIN, 0},
                                    {pidfd_.get(), POLLIN, 0}}};
      const int ready = ::poll(wanted.data(), wanted.size(), limits::kRehearsedSilence);
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0) {
        return Error{ErrorCode::surroundings,
                     "a host in the rehearsal neither asks nor ends; it last said:\n" +
                         all_of(output_.get()),
                     ""};
      }
      if (wanted[0].revents != 0) TRY(answer());
      if (wanted[1].revents != 0) heed_point();
      if ((wanted[0].revents | wanted[1].revents) == 0 && wanted[2].revents != 0) return ended();
    }
  }

 private:
  Status answer() {
    do {
      const auto question = talk_.hear();
      if (!question) {
        talk_fd_.reset();
        return {};
      }
      TRY(answer(*question));
    } while (talk_.has_more());
    return {};
  }

  Status answer(const Value& question) {
    const std::string asked = question.text_or("ask");
    if (asked == "effect") {
      TRY_ASSIGN(const EffectIntended intent, intent_in(question));
      talk_.say(to_value(cues_.direct(intent)));
    } else if (asked == "verb") {
      TRY_ASSIGN(const VerbAsked verb, verb_in(question));
      talk_.say(Value::object().set("fails", Value(cues_.fails(verb))));
    } else if (asked == "secret") {
      talk_.say(Value::object().set("value", cues_.secret(question.text_or("name"))));
    } else {
      cues_.passed(question.integer_or("ms", 0));
    }
    return {};
  }

  // The host waits at a point for one byte, so a line comes alone and whole.
  void heed_point() {
    std::array<char, 512> buffer;
    const ssize_t count = ::read(points_fd_.get(), buffer.data(), buffer.size());
    if (count <= 0) return points_fd_.reset();
    const std::string name(buffer.data(), static_cast<std::size_t>(count) - 1);
    if (cues_.kills(++points_, name)) {
      was_killed_ = true;
      ::kill(pid_, SIGKILL);
      return points_fd_.reset();
    }
    static_cast<void>(::send(points_fd_.get(), "g", 1, MSG_NOSIGNAL));
  }

  Performed ended() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, was_killed_, all_of(output_.get())};
  }

  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  const Cues& cues_;
  Fd talk_fd_;
  Fd points_fd_;
  Fd output_;
  Talk talk_;
  pid_t pid_ = 0;
  Fd pidfd_;
  std::size_t points_ = 0;
  bool was_killed_ = false;
};

}  // namespace

Result<Performed> perform(const SpawnOptions& command, const Cues& cues) {
  TRY_ASSIGN(Pair talk, make_pair_of_sockets());
  TRY_ASSIGN(Pair points, make_pair_of_sockets());
  Fd output(::memfd_create("host", MFD_CLOEXEC));
  if (!output) return errno_error("cannot keep what a host says", errno);
  SpawnOptions options = command;
  for (const auto& [name, number] :
       {std::pair{"--rehearsal", kTalkNumber}, std::pair{"--kill-points", kPointsNumber}}) {
    options.argv.insert(options.argv.end(), {name, std::to_string(number)});
  }
  options.descriptors = {{output.get(), STDOUT_FILENO},
                         {output.get(), STDERR_FILENO},
                         {talk.theirs.get(), kTalkNumber},
                         {points.theirs.get(), kPointsNumber}};
  Host host(cues, std::move(talk.ours), std::move(points.ours), std::move(output));
  TRY(host.start(options));
  talk.theirs.reset();
  points.theirs.reset();
  return host.serve();
}

}  // namespace stagerun::rehearsal
