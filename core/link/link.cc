#include "core/link/link.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/link/describe.h"
#include "core/link/messages.h"
#include "core/link/plugin_file.h"

namespace stagerun {

struct Link::Worker {
  std::unique_ptr<WorkerProcess> process;
  std::filesystem::path plugin;
  PluginFile file;
  int terms = 0;
  bool has_served = false;                            // a verb, to its end
  PartsWatch::Parts parts;                            // of the workspace, when it was hired
  std::optional<PluginInfo> info;                     // once it is loaded
  std::optional<Error> refusal;                       // why it cannot be used
  std::function<void(Result<PluginInfo>)> described;  // asked for by describe(); called once

  // The verb that it runs, or waits to run until it is loaded. The call is kept until it has said
  // something: till then another worker may be given it.
  Handle handle = 0;
  VerbSink* sink = nullptr;
  VerbCall call;
  Loop::TimerId timer = 0;
  bool has_spoken = false;
  bool timed_out = false;
  bool cancelled = false;

  bool is_busy() const { return sink != nullptr; }
};

namespace {

std::int64_t to_number(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// A status that this host does not know is a failure (docs/abi.md).
VerbStatus to_status(std::int32_t number) {
  const bool known = number >= 0 && number <= static_cast<std::int32_t>(VerbStatus::denied);
  return known ? static_cast<VerbStatus>(number) : VerbStatus::failed;
}

// How a worker ended says nothing of memory: a refused allocation may be an exception, an abort or
// a bad pointer.
std::string last_words(const WorkerProcess& process) {
  constexpr std::size_t kMiB = 1u << 20;
  const std::string& tail = process.output_tail();
  const bool filled = process.peak_bytes() >= limits::kWorkerMemoryBytes / 2;
  std::string words;
  if (filled || tail.find("std::bad_alloc") != std::string::npos) {
    words = fmt::format("; it had taken {} MiB of the {} MiB of memory that a plugin may use",
                        process.peak_bytes() / kMiB, limits::kWorkerMemoryBytes / kMiB);
  }
  return tail.empty() ? words : fmt::format("{}; its last output: {}", words, printable(tail));
}

Error replaced(const std::filesystem::path& plugin) {
  return Error{ErrorCode::plugin, plugin.string() + " was replaced meanwhile",
               "put back the plugin that was planned with"};
}

std::string in_one_line(const Error& error) {
  return error.hint.empty() ? error.text : error.text + ": " + error.hint;
}

Bounds resolved(const Bounds& bounds) {
  std::error_code none;
  return {std::filesystem::weakly_canonical(bounds.workspace, none),
          std::filesystem::weakly_canonical(bounds.scratch, none),
          std::filesystem::weakly_canonical(bounds.runs, none)};
}

}  // namespace

Link::Link(Loop& loop, std::filesystem::path worker) : loop_(loop), program_(std::move(worker)) {
  parts_.emplace(Bounds{}, clock_);
  turn_end_ = loop_.at_turn_end([this] { gone_.clear(); });
}

Link::~Link() { loop_.remove_turn_end(turn_end_); }

void Link::inherit(int children_lock) {
  children_lock_ = children_lock;
  let_go_of_idle();
}

void Link::allow(const Bounds& bounds) {
  bounds_ = resolved(bounds);
  parts_.emplace(*bounds_, clock_);
  let_go_of_idle();
}

void Link::let_go_of_idle() {
  ++terms_;
  let_go_of_stale(nullptr);
}

void Link::let_go_of_stale(const PartsWatch::Parts& parts) {
  const auto sees_all = [&](const Worker& worker) {
    return worker.parts == parts || *worker.parts == *parts;
  };
  const auto is_stale = [&](const Worker& worker) {
    return !worker.is_busy() && (worker.terms != terms_ || !sees_all(worker));
  };
  for (auto worker = workers_.begin(); worker != workers_.end();) {
    const auto here = worker++;
    if (!is_stale(**here)) continue;
    (*here)->process->dismiss();
    gone_.splice(gone_.end(), workers_, here);
  }
}

// `digest`: of the plugin that was planned with; "" takes whatever is there.
Result<Link::Worker*> Link::hire(const std::filesystem::path& plugin, const std::string& digest) {
  const auto before = examined_.find(plugin);
  TRY_ASSIGN(const PluginFile file,
             examine_plugin(plugin, before != examined_.end() ? &before->second : nullptr));
  examined_[plugin] = file;
  if (!digest.empty() && file.digest != digest) return replaced(plugin);
  TRY_ASSIGN(auto parts, parts_->look());
  TRY_ASSIGN(auto process, WorkerProcess::spawn(loop_, program_, plugin, bounds_, children_lock_));
  auto worker = std::make_unique<Worker>();
  Worker* raw = worker.get();
  worker->process = std::move(process);
  worker->plugin = plugin;
  worker->file = file;
  worker->terms = terms_;
  worker->parts = std::move(parts);
  worker->process->set_handlers(
      {.message = [this, raw](const wire::Message& message) { on_message(*raw, message); },
       .gone = [this, raw](const std::string& how) { on_gone(*raw, how); }});
  worker->timer = loop_.after(limits::kLoadTimeout, [raw] {
    raw->process->kill(fmt::format("did not load its plugin within {} s, and was killed",
                                   limits::kLoadTimeout / 1000));
  });
  workers_.push_back(std::move(worker));
  return raw;
}

Result<PluginInfo> Link::describe(const std::filesystem::path& plugin) {
  TRY_ASSIGN(Worker * worker, hire(plugin, ""));
  std::optional<Result<PluginInfo>> outcome;
  worker->described = [&](Result<PluginInfo> info) { outcome = std::move(info); };
  loop_.run_until([&] { return outcome.has_value(); });
  return *std::move(outcome);
}

Link::Worker* Link::find_idle(const PluginRef& plugin) {
  for (auto& worker : workers_) {
    const bool fits = worker->plugin == plugin.path && worker->file.digest == plugin.digest;
    if (fits && worker->info && !worker->is_busy()) return worker.get();
  }
  return nullptr;
}

Link::Worker* Link::find(Handle verb) const {
  for (const auto& worker : workers_) {
    if (worker->is_busy() && worker->handle == verb) return worker.get();
  }
  return nullptr;
}

Link::Handle Link::start(const VerbCall& call, VerbSink& sink) {
  const Handle handle = next_handle_++;
  const auto fail = [&](const std::string& why) {
    loop_.after(0, [&sink, why] { sink.on_end({VerbStatus::died, "", why}); });
    return handle;
  };
  // A worker that was hired before something was made in the workspace could not read that.
  const auto parts = parts_->look();
  if (!parts) return fail("could not be started: " + in_one_line(parts.error()));
  let_go_of_stale(*parts);
  Worker* worker = find_idle(call.plugin);
  if (worker == nullptr) {
    auto hired = hire(call.plugin.path, call.plugin.digest);
    if (!hired) return fail("could not be started: " + in_one_line(hired.error()));
    worker = *hired;
  }
  worker->handle = handle;
  worker->sink = &sink;
  worker->call = call;
  worker->has_spoken = worker->timed_out = worker->cancelled = false;
  if (worker->info) begin(*worker);
  return handle;
}

void Link::begin(Worker& worker) {
  worker.process->send(call_message(worker.call, loop_.clock().ahead_ms()));
  if (worker.cancelled) {
    end_after_grace(worker);
  } else if (worker.call.timeout_ms >= 0) {
    worker.timer = loop_.after(worker.call.timeout_ms, [this, &worker] { on_deadline(worker); });
  }
}

void Link::answer(Handle verb, std::int32_t status, const std::string& bytes) {
  if (Worker* worker = find(verb)) {
    worker->process->send({wire::Type::answer, 0, 0, status, {bytes}});
  }
}

void Link::event(Handle verb, std::uint32_t ticket, const Value& event, bool last) {
  if (Worker* worker = find(verb)) {
    const std::uint16_t flags = last ? wire::kLast : std::uint16_t{0};
    wire::Message message{wire::Type::event, flags, ticket, 0, {render_json(event)}};
    const std::int64_t ahead_ms = loop_.clock().ahead_ms();
    if (ahead_ms != 0) message.fields.push_back(std::to_string(ahead_ms));
    worker->process->send(message);
  }
}

void Link::cancel(Handle verb) {
  Worker* worker = find(verb);
  if (worker == nullptr || worker->cancelled) return;
  worker->cancelled = true;
  worker->process->cancel();
  loop_.cancel(worker->timer);
  end_after_grace(*worker);
}

void Link::end_after_grace(Worker& worker) {
  worker.timer = loop_.after(limits::kCancelGrace, [&worker] {
    worker.process->kill(fmt::format("did not stop within {} s of being told to, and was killed",
                                     limits::kCancelGrace / 1000));
  });
}

void Link::kill(Handle verb) {
  if (Worker* worker = find(verb)) worker->process->kill();
}

std::size_t Link::unread(Handle verb) const {
  const Worker* worker = find(verb);
  return worker != nullptr ? worker->process->unsent() : 0;
}

void Link::on_deadline(Worker& worker) {
  worker.timed_out = true;
  const Handle handle = worker.handle;
  worker.sink->on_deadline();
  cancel(handle);
}

void Link::on_message(Worker& worker, const wire::Message& message) {
  const bool loading = !worker.info;
  if (loading) return on_loaded(worker, message);
  if (message.type == wire::Type::resigned && worker.has_served && !worker.has_spoken) {
    return on_resigned(worker);
  }
  if (worker.is_busy()) return on_verb_message(worker, message);
  worker.process->kill("spoke though no verb ran, and was killed");
}

void Link::on_loaded(Worker& worker, const wire::Message& message) {
  loop_.cancel(worker.timer);
  if (message.type != wire::Type::loaded) {
    worker.refusal = Error{ErrorCode::plugin, message.field(1), ""};
    return worker.process->kill();
  }
  if (message.argument == 0 && unenforced_) std::exchange(unenforced_, nullptr)();
  // What was loaded is what was examined only where nobody has touched it in between.
  auto info = is_unchanged(worker.plugin, worker.file)
                  ? parse_plugin_info(message.field(0))
                  : Result<PluginInfo>(replaced(worker.plugin));
  if (!info) {
    worker.refusal = info.error();
    return worker.process->kill();
  }
  worker.info = *std::move(info);
  worker.info->path = worker.plugin.string();
  worker.info->digest = worker.file.digest;
  if (worker.described) std::exchange(worker.described, nullptr)(*worker.info);
  if (worker.is_busy()) begin(worker);
}

void Link::on_verb_message(Worker& worker, const wire::Message& m) {
  VerbSink& sink = *worker.sink;
  worker.has_spoken = true;
  switch (m.type) {
    case wire::Type::log:
      return sink.on_log(m.argument, m.field(0), log_fields(m));
    case wire::Type::progress:
      return sink.on_progress(to_number(m.field(0)), to_number(m.field(1)), m.field(2));
    case wire::Type::fail:
      return sink.on_fail({m.field(0), m.field(1), m.field(2)});
    case wire::Type::diagnose:
      return sink.on_diagnose(m.field(0), {m.field(1), m.field(2), m.field(3)});
    case wire::Type::set:
      return sink.on_set(m.field(0), m.field(1));
    case wire::Type::checkpoint:
      return sink.on_checkpoint(m.field(0));
    case wire::Type::note:
      return sink.on_note(m.field(0));
    case wire::Type::read_note:
      return sink.on_read_note(static_cast<std::uint64_t>(to_number(m.field(0))));
    case wire::Type::start:
      return sink.on_start(m.ticket, m.field(0), m.field(1));
    case wire::Type::write:
      return sink.on_write(m.ticket, m.field(0));
    case wire::Type::signal:
      return sink.on_signal(m.ticket, m.argument);
    case wire::Type::cancel:
      return sink.on_cancel(m.ticket);
    case wire::Type::done:
      return on_done(worker, m);
    default:
      worker.process->kill("sent a message that is none of a worker's, and was killed");
  }
}

// What it left behind is no business of the stage whose call came too late for it.
void Link::on_resigned(Worker& worker) {
  VerbSink* sink = std::exchange(worker.sink, nullptr);
  loop_.cancel(worker.timer);
  worker.process->dismiss();
  worker.process->kill();
  forget(worker);
  if (sink == nullptr) return;
  const auto hired = hire(worker.call.plugin.path, worker.call.plugin.digest);
  if (!hired) {
    return sink->on_end(
        {VerbStatus::died, "", "could not be started: " + in_one_line(hired.error())});
  }
  Worker& next = **hired;
  next.handle = worker.handle;
  next.sink = sink;
  next.call = std::move(worker.call);
  next.timed_out = worker.timed_out;
  if (worker.cancelled) cancel(next.handle);
}

void Link::on_done(Worker& worker, const wire::Message& message) {
  VerbEnd end{to_status(message.argument), message.field(0), ""};
  if (worker.timed_out && !is_success(end.status)) end.status = VerbStatus::timed_out;
  const bool reusable = !worker.cancelled;
  worker.has_served = true;
  worker.has_spoken = false;
  VerbSink* sink = std::exchange(worker.sink, nullptr);
  loop_.cancel(worker.timer);
  release(worker, reusable);
  sink->on_end(std::move(end));
}

void Link::release(Worker& worker, bool reusable) {
  const auto idle =
      std::count_if(workers_.begin(), workers_.end(), [](const auto& w) { return !w->is_busy(); });
  const bool room = idle <= static_cast<std::ptrdiff_t>(limits::kWarmWorkers);
  if (reusable && room && worker.terms == terms_) return;
  worker.process->dismiss();
  worker.process->kill();
  forget(worker);
}

void Link::forget(Worker& worker) {
  const auto place = std::find_if(workers_.begin(), workers_.end(),
                                  [&](const auto& w) { return w.get() == &worker; });
  if (place != workers_.end()) gone_.splice(gone_.end(), workers_, place);
}

void Link::on_gone(Worker& worker, const std::string& how) {
  loop_.cancel(worker.timer);
  const std::string death = how + last_words(*worker.process);
  if (!worker.refusal) {
    worker.refusal =
        Error{ErrorCode::plugin, fmt::format("its worker {}", death), "the plugin is broken"};
  }
  VerbSink* sink = std::exchange(worker.sink, nullptr);
  const std::string why = worker.info ? death : worker.refusal->text;
  const VerbStatus status = worker.timed_out ? VerbStatus::timed_out : VerbStatus::died;
  if (worker.described) std::exchange(worker.described, nullptr)(*worker.refusal);
  forget(worker);
  if (sink != nullptr) sink->on_end({status, "", why});
}

}  // namespace stagerun
