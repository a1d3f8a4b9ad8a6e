#include "core/run/verb_session.h"

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/run/outputs.h"

namespace stagerun {
namespace {

// The ABI's numbers for the two answers that a checkpoint or note can get.
constexpr std::int32_t kOk = 0;
constexpr std::int32_t kFailed = 2;
constexpr std::int32_t kAbsent = 8;

}  // namespace

VerbSession::VerbSession(SessionPorts ports, VerbSetup setup, const std::vector<Bytes>& notes,
                         Done done)
    : ports_(ports), setup_(std::move(setup)), notes_(notes), done_(std::move(done)) {}

VerbSession::~VerbSession() { ports_.effects.forget(*this); }

void VerbSession::start() {
  record(VerbStarted{setup_.call.stage, setup_.call.verb, setup_.call.attempt});
  handle_ = ports_.verbs.start(setup_.call, *this);
}

void VerbSession::cancel() {
  if (ended_) return;
  ports_.verbs.cancel(handle_);
  ports_.effects.cancel_all(*this, false);
}

void VerbSession::kill() {
  if (!ended_) ports_.verbs.kill(handle_);
  ports_.effects.cancel_all(*this, true);
}

void VerbSession::record(const EventBody& body) {
  if (journal_error_) return;
  const Status status = ports_.journal.append(body);
  if (!status) on_journal_lost(status.error());
}

void VerbSession::on_journal_lost(const Error& error) {
  if (journal_error_) return;
  journal_error_ = error;
  kill();
}

void VerbSession::on_log(int level, const std::string& text, const Value& fields) {
  std::string line = text;
  for (const auto& [key, value] :
       fields.members() != nullptr ? *fields.members() : Value::Object{}) {
    line += fmt::format(" {}={}", key, value.text() != nullptr ? *value.text() : "");
  }
  ports_.log({setup_.call.stage, level, "", line});
}

void VerbSession::on_progress(std::int64_t done, std::int64_t total, const std::string& note) {
  const std::string amount =
      total > 0 ? fmt::format("{}/{}", done, total) : fmt::format("{}", done);
  ports_.log({setup_.call.stage, 0, "", fmt::format("{} {}", amount, note)});
}

void VerbSession::on_fail(Failure failure) {
  if (!misbehaved_) outcome_.failure = std::move(failure);
}

void VerbSession::on_diagnose(const std::string& pointer, Failure failure) {
  if (outcome_.diagnoses.size() >= limits::kDiagnostics) return;
  outcome_.diagnoses.emplace_back(pointer, std::move(failure));
}

// The first thing that the plugin did wrong is what a person must know.
void VerbSession::misbehave(const std::string& code, const std::string& text) {
  if (misbehaved_) return;
  misbehaved_ = true;
  outcome_.failure = {code, text, "this is a fault of the plugin"};
}

// True where it holds a secret in clear, which then fails the verb: what plugins leave is
// journaled, and must come back to them as it was, so it cannot be masked.
bool VerbSession::leaks(std::string_view text) {
  if (ports_.certain.is_empty() || ports_.certain.apply(text) == text) return false;
  misbehave("secret.leaked",
            fmt::format("{}: it would leave a secret's value in the journal", who()));
  return true;
}

void VerbSession::on_set(const std::string& name, const std::string& json) {
  output_bytes_ += name.size() + json.size();
  if (output_bytes_ > limits::kOutputBytes) {
    return misbehave("output.too_large", "its outputs are larger than 1 MiB");
  }
  if (leaks(json)) return;
  Result<Value> value = parse_json(json);
  if (!value) return misbehave("output.json", fmt::format("the output `{}` is not JSON", name));
  const auto problem = output_problem(setup_.outputs_schema, name, *value);
  if (problem) return misbehave("output.schema", *problem);
  outcome_.outputs.set(name, *std::move(value));
}

void VerbSession::on_checkpoint(std::string state) {
  const bool fits = state.size() <= limits::kCheckpointBytes && !leaks(state);
  if (fits) record(CheckpointSaved{setup_.call.stage, Bytes{std::move(state)}});
  const Status synced = fits && !journal_error_ ? ports_.journal.sync() : Status();
  if (!synced) on_journal_lost(synced.error());
  const bool saved = fits && !journal_error_;
  if (saved) setup_.scope.has_baseline = true;
  ports_.verbs.answer(handle_, saved ? kOk : kFailed, "");
}

void VerbSession::on_note(std::string note) {
  if (note.size() > limits::kNoteBytes || notes_.size() >= limits::kNotes) {
    return misbehave("note.too_large", "it left more notes than there may be, or too large a one");
  }
  if (leaks(note)) return;
  record(NoteAdded{setup_.call.stage, Bytes{std::move(note)}});
}

void VerbSession::on_read_note(std::uint64_t index) {
  const bool present = index < notes_.size();
  ports_.verbs.answer(handle_, present ? kOk : kAbsent, present ? notes_[index].data : "");
}

void VerbSession::on_start(std::uint32_t ticket, const std::string& kind,
                           const std::string& request) {
  Result<Value> parsed = parse_json(request);
  // The broker refuses what is no object, in the words of docs/effects.md.
  const Value value = parsed ? *std::move(parsed) : Value();
  ports_.effects.start(setup_.scope, *this, ticket, kind, value);
}

void VerbSession::on_write(std::uint32_t ticket, const std::string& bytes) {
  ports_.effects.write(*this, ticket, bytes);
}

void VerbSession::on_signal(std::uint32_t ticket, int number) {
  ports_.effects.signal(*this, ticket, number);
}

void VerbSession::on_cancel(std::uint32_t ticket) { ports_.effects.cancel(*this, ticket); }

void VerbSession::on_deadline() { ports_.effects.cancel_all(*this, false); }

void VerbSession::on_effect_event(std::uint32_t ticket, const Value& event, bool last) {
  if (!ended_) ports_.verbs.event(handle_, ticket, event, last);
  if (last) finish_when_quiet();
}

void VerbSession::on_effect_log(const std::string& stream, const std::string& line) {
  ports_.log({setup_.call.stage, 1, stream, line});
}

bool VerbSession::is_congested() const {
  return !ended_ && ports_.verbs.unread(handle_) > limits::kUnreadBytes;
}

void VerbSession::on_end(VerbEnd end) {
  ended_ = true;
  judge_end(end);
  ports_.effects.cancel_all(*this, end.status == VerbStatus::died);
  finish_when_quiet();
}

std::string VerbSession::who() const {
  return fmt::format("plugin {}, verb {}", setup_.call.plugin.name, to_string(setup_.call.verb));
}

void VerbSession::judge_end(const VerbEnd& end) {
  outcome_.status = end.status;
  if (!leaks(end.result)) outcome_.result = end.result;
  if (end.status == VerbStatus::died) {
    outcome_.failure = {"worker.died", fmt::format("{}: its worker {}", who(), end.death),
                        "this is a fault of the plugin"};
  } else if (end.status == VerbStatus::timed_out) {
    outcome_.failure = {"stage.timed_out",
                        fmt::format("{}: it was not done within {}", who(),
                                    describe_duration(setup_.call.timeout_ms)),
                        "raise the stage's timeout, or find out what it waits for"};
  } else if (misbehaved_ && is_success(end.status)) {
    outcome_.status = VerbStatus::failed;
  } else if (!is_success(end.status) && outcome_.failure.text.empty() &&
             !outcome_.diagnoses.empty()) {
    outcome_.failure = outcome_.diagnoses.front().second;
  } else if (!is_success(end.status) && outcome_.failure.text.empty()) {
    outcome_.failure = {
        "plugin.silent",
        fmt::format("{}: it ended as {} without a word", who(), to_string(end.status)), ""};
  }
  if (is_success(outcome_.status) && fails_on_purpose()) {
    outcome_.status = VerbStatus::failed;
    outcome_.failure = {"rehearsal.failed",
                        "it did its work, and was made to fail by the rehearsal", ""};
  }
  if (is_success(outcome_.status)) outcome_.failure = {};
  if (!is_success(outcome_.status)) outcome_.outputs = Value::object();
}

bool VerbSession::fails_on_purpose() const {
  return ports_.director != nullptr &&
         ports_.director->fails(setup_.call.stage, setup_.call.verb, setup_.call.attempt);
}

void VerbSession::finish_when_quiet() {
  if (!ended_ || ports_.effects.under_way(*this) > 0) return;
  const Done done = std::exchange(done_, nullptr);
  if (!done) return;
  record(VerbEnded{setup_.call.stage, setup_.call.verb, setup_.call.attempt, outcome_.status,
                   outcome_.failure, Bytes{outcome_.result}, outcome_.outputs});
  done(std::move(outcome_));
}

}  // namespace stagerun
