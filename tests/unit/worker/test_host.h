// TestHost: a small host for one real worker process: it spawns it, runs verbs in it and plays the
// broker's part with events that the test scripts. Every wait is bounded.
#pragma once

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "core/base/bounds.h"
#include "core/base/fd.h"
#include "core/base/json.h"
#include "core/base/spawn.h"
#include "tests/unit/worker/test_call.h"

namespace stagerun {

// What the test's broker answers to an effect: its events, the last one last; none: it goes on.
using Broker = std::function<std::vector<Value>(const StartedEffect&)>;

class TestHost {
 public:
  // Starts a worker for that plugin; loading is not waited for. Without bounds it may read
  // everything and write where tests write.
  explicit TestHost(const std::filesystem::path& plugin,
                    const Bounds& bounds = {"/", std::filesystem::temp_directory_path(),
                                            "/nowhere"}) {
    int sockets[2];
    int pipes[2];
    CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) == 0);
    CHECK(::pipe2(pipes, O_CLOEXEC) == 0);
    socket_ = Fd(sockets[0]);
    cancel_ = Fd(pipes[1]);
    const Fd their_socket(sockets[1]);
    const Fd their_pipe(pipes[0]);
    SpawnOptions options;
    options.argv = {from_environment("STAGERUN_WORKER").string(),
                    plugin.string(),
                    std::to_string(::getpid()),
                    bounds.workspace.string(),
                    bounds.scratch.string(),
                    bounds.runs.string()};
    options.environment = own_environment();
    options.cwd = "/";
    options.descriptors = {{2, 2}, {their_socket.get(), 3}, {their_pipe.get(), 4}};
    const auto pid = spawn(options);
    CHECK(pid.has_value());
    pid_ = *pid;
  }
  ~TestHost() {
    if (pid_ < 0) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  TestHost(const TestHost&) = delete;
  TestHost& operator=(const TestHost&) = delete;

  // What the worker says first: loaded or refused; nothing where it went away.
  std::optional<wire::Message> first_message() {
    loaded_ = true;
    return receive();
  }
  // {code, text} of `refused`; {"", ""} where it loaded, {"died", HOW} where it went away.
  std::pair<std::string, std::string> refusal() {
    const auto message = first_message();
    if (!message) return {"died", std::to_string(wait_for_end().value_or(-1))};
    if (message->type == wire::Type::refused) return {message->field(0), message->field(1)};
    return {"", ""};
  }

  TestOutcome run(const TestCall& call, const Broker& broker = nullptr) {
    if (!loaded_) {
      const auto first = first_message();
      CHECK(first.has_value() && first->type == wire::Type::loaded);
    }
    send(call.message());
    TestOutcome outcome;
    while (!outcome.done && !outcome.resigned) {
      const auto message = receive();
      if (!message) break;
      outcome.order.push_back(message->type);
      take_words(*message, outcome);
      take_questions(*message, broker, outcome);
    }
    return outcome;
  }

  // To a worker that died meanwhile nothing is sent; waiting for it shows that.
  void send(const wire::Message& message) {
    const std::string bytes = wire::encode(message);
    static_cast<void>(::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  void cancel() { CHECK(::write(cancel_.get(), "c", 1) == 1); }
  void close_socket() { socket_.reset(); }

  // The next message within ten seconds.
  std::optional<wire::Message> receive() {
    wire::Message message;
    for (;;) {
      const Result<bool> whole = decoder_.next(message);
      CHECK(whole.has_value());
      if (*whole) return message;
      pollfd ready{socket_.get(), POLLIN, 0};
      if (::poll(&ready, 1, kPatienceMs) <= 0) return std::nullopt;
      char buffer[64 * 1024];
      const ssize_t count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
      if (count <= 0) return std::nullopt;
      decoder_.add({buffer, static_cast<std::size_t>(count)});
    }
  }

  // How it ended, as waitpid tells; nothing where it still runs after ten seconds.
  std::optional<int> wait_for_end() {
    for (int waited = 0; waited < kPatienceMs; ++waited) {
      int status = 0;
      if (::waitpid(pid_, &status, WNOHANG) == pid_) {
        pid_ = -1;
        return status;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return std::nullopt;
  }

  std::vector<std::string> notes;
  std::int32_t checkpoint_answer = 0;
  // Called once, when the first effect was started: the place to cancel from.
  std::function<void()> on_start;

 private:
  static constexpr int kPatienceMs = 10'000;

  static void take_words(const wire::Message& m, TestOutcome& outcome) {
    if (m.type == wire::Type::log) outcome.log.push_back(m.field(0));
    if (m.type == wire::Type::set) outcome.outputs[m.field(0)] = m.field(1);
    if (m.type == wire::Type::diagnose) {
      outcome.diagnosed.push_back(m.field(0) + " " + m.field(1));
    }
    if (m.type == wire::Type::fail) {
      outcome.fail_code = m.field(0);
      outcome.fail_text = m.field(1);
      outcome.fail_hint = m.field(2);
    }
    if (m.type == wire::Type::resigned) outcome.resigned = true;
    if (m.type == wire::Type::done) {
      outcome.done = true;
      outcome.status = m.argument;
      outcome.result = m.field(0);
    }
  }

  void take_questions(const wire::Message& m, const Broker& broker, TestOutcome& outcome) {
    if (m.type == wire::Type::note) notes.push_back(m.field(0));
    if (m.type == wire::Type::checkpoint) {
      outcome.checkpoints.push_back(m.field(0));
      send({wire::Type::answer, 0, 0, checkpoint_answer, {""}});
    }
    if (m.type == wire::Type::read_note) {
      const std::size_t index = std::stoul(m.field(0));
      const bool there = index < notes.size();
      send({wire::Type::answer, 0, 0, there ? 0 : 8, {there ? notes[index] : ""}});
    }
    if (m.type == wire::Type::start) {
      auto request = parse_json(m.field(1));
      CHECK(request.has_value());
      outcome.effects.push_back({m.ticket, m.field(0), *std::move(request)});
      answer_effect(outcome.effects.back(), broker);
    }
  }

  void answer_effect(const StartedEffect& effect, const Broker& broker) {
    if (on_start) std::exchange(on_start, nullptr)();
    const std::vector<Value> events = broker ? broker(effect) : std::vector<Value>{};
    for (std::size_t i = 0; i < events.size(); ++i) {
      const std::uint16_t last = i + 1 == events.size() ? wire::kLast : std::uint16_t{0};
      send({wire::Type::event, last, effect.ticket, 0, {render_json(events[i])}});
    }
  }

  pid_t pid_ = -1;
  Fd socket_;
  Fd cancel_;
  wire::Decoder decoder_;
  bool loaded_ = false;
};

}  // namespace stagerun
