// How it works: start() judges an effect and journals its intent, and queues it. At the end of the
// turn the queue is worked off: one sync for all writes in it, then each is let through. What has
// ended is queued too, so that no sink is ever called from within a call of its own, and no effect
// is destroyed while it is at work.
#include "core/broker/broker.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/broker/access.h"
#include "core/broker/effect_factory.h"
#include "core/broker/form.h"
#include "core/broker/played_effect.h"
#include "core/broker/played_transport.h"
#include "core/broker/secret_request.h"

namespace stagerun {
namespace {

// A broker of its own, without a run to have a key from.
constexpr const char* kNoKey = "0000000000000000";

std::unique_ptr<SecretStore> make_store(const BrokerOptions& options) {
  return options.secrets != nullptr ? nullptr : std::make_unique<SecretStore>(kNoKey);
}

// A last event that anybody may see. Only what the world has said is looked at: our own words in it
// (`event`, `code`, handles) must not change, whatever a value is. Lines, bodies and headers come
// without values already: there the whole must be seen before it is cut or encoded.
Value without_values(Value event, const SecretStore& secrets) {
  for (const char* member : {"text", "value"}) {
    Value* place = event.find(member);
    if (place != nullptr) *place = secrets.masked(*place);
  }
  return event;
}

}  // namespace

// One effect, from start() to its last event.
class Broker::Running final : public EffectHost, public std::enable_shared_from_this<Running> {
 public:
  enum class State { held, launched, ending, forgotten };

  Running(Broker& owner, EffectSink& to, std::uint32_t number)
      : broker(owner), sink(to), ticket(number) {}

  void say(const Value& event) override {
    if (state == State::launched) sink.on_effect_event(ticket, event, false);
  }
  void log(const std::string& stream, const std::string& line) override {
    if (state == State::launched) sink.on_effect_log(stream, line);
  }
  void end(Value last) override {
    if (state == State::ending || state == State::forgotten) return;
    state = State::ending;
    outcome = without_values(told ? *std::move(told) : std::move(last), broker.secrets_);
    broker.queue(shared_from_this());
  }
  Status record_process(const ProcessId& process, bool leaves_running, bool durable) override {
    Status status = broker.journal_.append(
        ProcessStarted{intent.stage, intent.key, process.pid,
                       static_cast<std::int64_t>(process.start_ticks), leaves_running});
    if (status && durable) status = broker.journal_.sync();
    if (!status) broker.lose(status.error());
    return status;
  }

  Broker& broker;
  EffectSink& sink;
  std::uint32_t ticket;
  State state = State::held;
  bool journaled = false;  // its intent
  bool let_through = false;
  EffectIntended intent;
  std::optional<EffectPlace> place;
  std::unique_ptr<HttpTransport> played;  // in a rehearsal: who answers it
  std::unique_ptr<Effect> effect;         // after place and played: refers to them
  std::optional<Value> told;              // in a rehearsal: in the place of its end
  Value outcome;
};

Broker::Broker(Loop& loop, Journal& journal, const KillPoints& kill_points, BrokerOptions options)
    : loop_(loop),
      journal_(journal),
      kill_points_(kill_points),
      options_(std::move(options)),
      own_secrets_(make_store(options_)),
      secrets_(own_secrets_ ? *own_secrets_ : *options_.secrets),
      service_children_(loop),
      turn_end_(loop.at_turn_end([this] { end_turn(); })) {
  // Who writes to a process or a server that has gone must get an error, not a signal.
  ::signal(SIGPIPE, SIG_IGN);
}

Broker::~Broker() {
  loop_.remove_turn_end(turn_end_);
  loop_.cancel(wake_);
  loop_.cancel(look_again_);
  queue_.clear();
  records_.clear();
}

Broker::VerbRecord& Broker::record_of(const EffectScope& scope, EffectSink& sink) {
  VerbRecord& record = records_[&sink];
  std::string identity = fmt::format("{} {} {}", scope.key, to_string(scope.verb), scope.attempt);
  if (record.identity != identity && record.running.empty()) {
    record = VerbRecord{};
    record.identity = std::move(identity);
  }
  return record;
}

void Broker::start(const EffectScope& scope, EffectSink& sink, std::uint32_t ticket,
                   const std::string& kind, const Value& request) {
  VerbRecord& record = record_of(scope, sink);
  const auto running = std::make_shared<Running>(*this, sink, ticket);
  record.running.push_back(running);
  if (const auto refusal = admit(record, scope, kind, request, *running)) {
    return running->end(refused_event(*refusal));
  }
  record.ids.take(running->intent.id);
  if (!lost_) {
    const Status appended = journal_.append(running->intent);
    running->journaled = appended.has_value();
    if (!appended) lose(appended.error());
  }
  queue(running);
}

// Nothing where it may be let through; `running` then knows all that it needs.
std::optional<Refusal> Broker::admit(VerbRecord& record, const EffectScope& scope,
                                     const std::string& kind, const Value& request,
                                     Running& running) {
  const auto& granted = scope.grants.effects;
  if (std::find(granted.begin(), granted.end(), kind) == granted.end()) {
    return Refusal{"effect.kind", fmt::format("the manifest does not name {}", kind)};
  }
  if (record.running.size() > limits::kEffectsAtOnce ||
      record.ids.count() >= limits::kEffectsPerVerb) {
    return Refusal{"effect.too_many", "too many effects at once, or in one verb"};
  }
  if (find(running.sink, running.ticket).get() != &running) {
    return Refusal{"effect.request", "the ticket is that of another effect under way"};
  }
  const SecretGrants secret_grants{scope.stage, scope.secrets};
  auto opened = open_request(kind, request, secrets_, secret_grants);
  if (auto* refusal = std::get_if<Refusal>(&opened)) return *refusal;
  const Result<std::string> id = record.ids.choose(request);
  if (!id) return Refusal{"effect.request", id.error().text};
  const Access access = classify(kind, request, scope.verb, scope.grants);
  running.intent = {scope.stage,
                    scope.verb,
                    scope.attempt,
                    *id,
                    scope.key + "/" + *id,
                    kind,
                    secrets_.masked_text(request.text_or("purpose")),
                    access,
                    secrets_.masked(journaled_request(request))};
  running.place.emplace(EffectPlace{
      loop_, running, service_children_, [this] { return http(); }, secrets_, options_.environment,
      options_.run_folder, options_.children_lock_fd, scope.stage, *id, access, scope.grants,
      secret_grants, scope.workspace, scope.scratch, scope.services});
  auto effect = make_effect(kind, std::get<Value>(opened), request, *running.place);
  if (auto* refusal = std::get_if<Refusal>(&effect)) return *refusal;
  running.effect = std::get<std::unique_ptr<Effect>>(std::move(effect));
  if (auto refusal = refuse(scope, access)) return refusal;
  if (access == Access::write && running.intent.purpose.empty()) {
    return Refusal{"effect.request", "a write must say its `purpose`"};
  }
  return std::nullopt;
}

Broker::RunningPtr Broker::find(EffectSink& sink, std::uint32_t ticket) const {
  const auto record = records_.find(&sink);
  if (record == records_.end()) return nullptr;
  for (const RunningPtr& running : record->second.running) {
    if (running->ticket == ticket) return running;
  }
  return nullptr;
}

// The timer is for what is queued after our own end of the turn, by somebody else's: without it the
// loop would wait with the queue full.
void Broker::queue(RunningPtr running) {
  queue_.push_back(std::move(running));
  if (wake_ == 0) wake_ = loop_.after(0, [this] { wake_ = 0; });
}

void Broker::write(EffectSink& sink, std::uint32_t ticket, const std::string& bytes) {
  const RunningPtr running = find(sink, ticket);
  if (running != nullptr && running->effect) running->effect->write(bytes);
}

void Broker::signal(EffectSink& sink, std::uint32_t ticket, int number) {
  const RunningPtr running = find(sink, ticket);
  if (running != nullptr && running->effect) running->effect->signal(number);
}

void Broker::cancel(EffectSink& sink, std::uint32_t ticket) {
  const RunningPtr running = find(sink, ticket);
  if (running != nullptr) give_up(*running, false);
}

void Broker::cancel_all(EffectSink& sink, bool at_once) {
  const auto record = records_.find(&sink);
  if (record == records_.end()) return;
  for (const RunningPtr& running : record->second.running) give_up(*running, at_once);
}

// One that is still held has not happened; it is queued already, and now as ended.
void Broker::give_up(Running& running, bool at_once) {
  if (running.state == Running::State::launched) return running.effect->cancel(at_once);
  if (running.state != Running::State::held) return;
  running.state = Running::State::ending;
  running.outcome = cancelled_event(false);
}

std::size_t Broker::under_way(const EffectSink& sink) const {
  const auto record = records_.find(&sink);
  return record == records_.end() ? 0 : record->second.running.size();
}

// They are kept until the turn ends: it may be from within an event of theirs that we are called.
void Broker::forget(const EffectSink& sink) {
  const auto record = records_.find(&sink);
  if (record == records_.end()) return;
  for (RunningPtr& running : record->second.running) {
    running->state = Running::State::forgotten;
    queue(std::move(running));
  }
  records_.erase(record);
}

void Broker::end_turn() {
  while (!queue_.empty()) {
    const auto batch = std::exchange(queue_, {});
    sync_for(batch);
    tell_lost();
    for (const RunningPtr& running : batch) advance(running);
  }
  loop_.cancel(std::exchange(wake_, 0));
  pause_congested();
}

void Broker::sync_for(const std::deque<RunningPtr>& batch) {
  const bool needed = std::any_of(batch.begin(), batch.end(), [](const RunningPtr& running) {
    return running->state == Running::State::held && running->intent.access == Access::write;
  });
  if (!needed || lost_) return;
  if (const Status synced = journal_.sync(); !synced) lose(synced.error());
}

void Broker::advance(const RunningPtr& running) {
  if (running->state == Running::State::held) return let_through(*running);
  if (running->state == Running::State::ending) settle(running);
  // One that is forgotten dies with the queue.
}

void Broker::let_through(Running& running) {
  if (lost_) return running.end(failed_event("effect.journal", lost_->text, false));
  kill_points_.reach("effect:before:" + running.intent.key);
  running.state = Running::State::launched;
  running.let_through = true;
  if (options_.director != nullptr) rehearse(running);
  running.effect->launch();
}

void Broker::rehearse(Running& running) {
  Direction direction = options_.director->direct(running.intent);
  const bool is_answered = !direction.happens && !direction.events.empty() &&
                           direction.events.back().text_or("event") == "response";
  if (is_answered) {
    // The effect itself makes of an answer what it makes of a server's.
    running.played = std::make_unique<PlayedTransport>(loop_, direction.events.back());
    running.place->http = [&running]() -> Result<HttpTransport*> { return running.played.get(); };
  }
  if (direction.happens || is_answered) {
    running.told = std::move(direction.told);
    return options_.director->pass(direction.takes_ms);
  }
  running.effect =
      std::make_unique<PlayedEffect>(*running.place, *options_.director, std::move(direction));
}

// Nothing of the sink may be touched after its last event: it may be gone.
void Broker::settle(const RunningPtr& running) {
  if (running->let_through) kill_points_.reach("effect:after:" + running->intent.key);
  if (running->journaled && !lost_) {
    const EffectIntended& intent = running->intent;
    const Status appended = journal_.append(
        EffectSettled{intent.stage, intent.verb, intent.attempt, intent.id, running->outcome});
    if (!appended) lose(appended.error());
  }
  tell_lost();
  if (running->state == Running::State::forgotten) return;
  std::erase(records_.at(&running->sink).running, running);
  running->effect.reset();
  running->sink.on_effect_event(running->ticket, running->outcome, true);
}

// Sinks are told at the end of the turn.
void Broker::lose(const Error& error) {
  if (lost_) return;
  lost_ = error;
  if (wake_ == 0) wake_ = loop_.after(0, [this] { wake_ = 0; });
}

// Only who has something under way is surely still there.
void Broker::tell_lost() {
  if (!lost_) return;
  std::vector<EffectSink*> sinks;
  for (auto& [sink, record] : records_) {
    if (record.running.empty() || std::exchange(record.told_lost, true)) continue;
    sinks.push_back(&record.running.front()->sink);
  }
  for (EffectSink* sink : sinks) sink->on_journal_lost(*lost_);
}

// A receiver may catch up at the end of this very turn, after us, and nothing would wake the loop
// to see it: so while one is behind, we look again.
void Broker::pause_congested() {
  bool behind = false;
  for (const auto& [sink, record] : records_) {
    if (record.running.empty()) continue;
    const bool congested = sink->is_congested();
    behind = behind || congested;
    for (const RunningPtr& running : record.running) {
      if (running->state == Running::State::launched) running->effect->pause(congested);
    }
  }
  loop_.cancel(std::exchange(look_again_, 0));
  if (behind) look_again_ = loop_.after(limits::kPollInterval, [] {});
}

Result<HttpTransport*> Broker::http() {
  if (!http_) {
    TRY_ASSIGN(http_, open_http_transport(loop_));
  }
  return http_.get();
}

}  // namespace stagerun
