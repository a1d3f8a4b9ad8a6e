#include "core/cli/engine.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <set>
#include <sys/file.h>
#include <sys/signalfd.h>

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/base/linux.h"
#include "core/base/text.h"
#include "core/broker/reap.h"
#include "core/cli/print.h"
#include "core/cli/user.h"
#include "core/journal/reader.h"
#include "core/model/event_value.h"
#include "core/report/standing.h"
#include "core/run/runner.h"

namespace stagerun {
namespace {

// SIGINT and SIGTERM as something that the loop can wait for, for as long as this lives.
class Signals {
 public:
  Signals(Loop& loop, std::function<void(int)> handler) : loop_(loop) {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGINT);
    ::sigaddset(&set, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &set, &before_);
    fd_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    loop_.watch(fd_.get(), Loop::readable, [this, handler = std::move(handler)] {
      signalfd_siginfo info{};
      while (::read(fd_.get(), &info, sizeof info) == sizeof info) {
        handler(static_cast<int>(info.ssi_signo));
      }
    });
  }
  ~Signals() {
    loop_.unwatch(fd_.get());
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  Loop& loop_;
  sigset_t before_{};
  Fd fd_;
};

// Every child holds a copy of this descriptor, so whoever comes after us can find them (ADR 0004).
Result<Fd> share_children_lock(Fd fd) {
  if (::flock(fd.get(), LOCK_SH | LOCK_NB) != 0) {
    return errno_error("cannot lock the run's children.lock", errno);
  }
  return fd;
}

Value plugin_records(const Plan& plan) {
  Value list = Value::array();
  std::set<std::string> seen;
  for (const PlannedStage& stage : plan.stages) {
    if (!seen.insert(stage.plugin.path).second) continue;
    Value record;
    record.set("name", stage.plugin.name)
        .set("path", stage.plugin.path)
        .set("digest", stage.plugin.digest)
        .set("version", stage.plugin.version);
    list.push(std::move(record));
  }
  return list;
}

// Processes that the dead host had started and of which the end is not journaled; of this boot
// only.
std::vector<ProcessId> journaled_processes(const std::vector<RunEvent>& events,
                                           const std::string& boot) {
  std::vector<ProcessId> processes;
  if (boot != boot_id()) return processes;
  for (const RunEvent& event : events) {
    const auto* started = std::get_if<ProcessStarted>(&event.body);
    if (started == nullptr || started->leaves_running) continue;
    processes.push_back(
        {static_cast<pid_t>(started->pid), static_cast<std::uint64_t>(started->start_ticks)});
  }
  return processes;
}

}  // namespace

Engine::Engine(Host& host, std::filesystem::path folder, std::string run, Fd children_lock,
               std::shared_ptr<SecretStore> secrets)
    : host_(host),
      folder_(std::move(folder)),
      run_(std::move(run)),
      children_lock_(std::move(children_lock)),
      secrets_(std::move(secrets)),
      console_(stderr, host.arguments.verbosity),
      logs_(folder_ / "log") {
  host_.link.inherit(children_lock_.get());
}

void Engine::attach(std::unique_ptr<journal::Writer> writer) {
  writer_ = std::move(writer);
  journal_ = std::make_unique<RunJournal>(*writer_, *secrets_, host_.arguments.durability);
  writer_->observe([this](const RunEvent& event) { on_event(event); });
}

void Engine::on_event(const RunEvent& event) {
  fold(state_, event);
  if (host_.arguments.format == "jsonl") print_result(event_to_json(event) + "\n");
  console_.on_event(event);
}

Result<std::unique_ptr<Engine>> Engine::begin(Host& host, journal::RunStore& store, const Fd& lock,
                                              Loaded& loaded) {
  TRY_ASSIGN(const std::string run, store.create(host.clock));
  TRY(store.name_holder(lock, run));
  TRY_ASSIGN(Fd file, open_file(store.children_lock(run), O_RDWR | O_CREAT | O_NOFOLLOW));
  TRY_ASSIGN(Fd children_lock, share_children_lock(std::move(file)));
  const auto folder = std::filesystem::absolute(store.folder(run));
  std::unique_ptr<Engine> engine(
      new Engine(host, folder, run, std::move(children_lock), loaded.secrets));
  TRY_ASSIGN(auto writer,
             journal::Writer::create(store.journal_file(run), host.clock, host.kill_points));
  engine->attach(std::move(writer));
  Plan& plan = loaded.plan;
  plan.surroundings.set(
      "run", Value::object().set("id", run).set("started_at", utc_time(host.clock.now_ms())));
  TRY(engine->writer_->append(RunStarted{
      run, STAGERUN_VERSION, loaded.source.path, loaded.source.text, loaded.workspace.string(),
      boot_id(), host.arguments.environment, loaded.secrets->key(), host.arguments.at_once,
      plan.inputs, plan.surroundings, plugin_records(plan),
      loaded.secrets->masked_text(user_name()), plan.choice.from, plan.choice.only}));
  TRY(engine->writer_->sync());
  return engine;
}

Result<std::unique_ptr<Engine>> Engine::take_over(Host& host, journal::RunStore& store,
                                                  const Fd& lock, const std::string& run,
                                                  const Loaded& loaded,
                                                  const std::string& command) {
  TRY(store.name_holder(lock, run));
  TRY_ASSIGN(journal::Contents contents, journal::read_journal(store.journal_file(run)));
  RunState state = fold(contents.events);
  TRY_ASSIGN(Fd taken, reap_run(store.folder(run), journaled_processes(contents.events, state.boot),
                                host.clock, limits::kTermGrace));
  TRY_ASSIGN(Fd children_lock, share_children_lock(std::move(taken)));
  // Read again: the host that we waited for may have been writing until it ended.
  TRY_ASSIGN(contents, journal::read_journal(store.journal_file(run)));
  const auto folder = std::filesystem::absolute(store.folder(run));
  std::unique_ptr<Engine> engine(
      new Engine(host, folder, run, std::move(children_lock), loaded.secrets));
  engine->state_ = fold(contents.events);
  TRY_ASSIGN(auto writer, journal::Writer::reopen(store.journal_file(run), contents, host.clock,
                                                  host.kill_points));
  engine->attach(std::move(writer));
  TRY(engine->writer_->append(
      RunResumed{command, boot_id(), loaded.secrets->masked_text(user_name())}));
  return engine;
}

Status Engine::roll_back() {
  return journal_->append(RollbackStarted{"asked for by `stagerun rollback`", true,
                                          host_.arguments.to, host_.arguments.only});
}

int Engine::go_on(const Plan& plan, const std::filesystem::path& workspace) {
  host_.link.allow({workspace, folder_ / "scratch", folder_.parent_path()});
  Broker broker(
      host_.loop, *journal_, host_.kill_points,
      {folder_, children_lock_.get(), own_environment(), secrets_.get(), host_.director.get()});
  const LogSink log = [this](const LogLine& line) {
    LogLine masked = line;
    masked.text = secrets_->masked_text(line.text);
    logs_.on_log(masked);
    console_.on_log(masked);
  };
  Runner runner(host_.loop, plan, state_,
                Places{run_, workspace, folder_, state_.started.handle_key},
                {*journal_, broker, host_.link, log, secrets_->certain(), host_.director.get()},
                static_cast<std::size_t>(state_.started.at_once));
  // After the broker's own turn end, so that what it recorded there is handed over in this turn.
  const auto flush = host_.loop.at_turn_end([this] { static_cast<void>(writer_->flush()); });
  const Signals signals(host_.loop, [&](int signal) { runner.interrupt(signal); });
  const Result<int> status = runner.run();
  host_.loop.remove_turn_end(flush);
  if (!status) {
    print_note(fmt::format("nothing more was let through; `stagerun resume {}` goes on\n", run_));
    return print_error(status.error());
  }
  const std::string next = next_command(state_);
  if (!next.empty()) print_note("next: " + next + "\n");
  return *status;
}

}  // namespace stagerun
