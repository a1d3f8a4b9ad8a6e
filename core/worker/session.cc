#include "core/worker/session.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/worker/context.h"

namespace stagerun {
namespace {

// More than that in one log call helps nobody.
constexpr std::size_t kLogFields = 64;
constexpr std::size_t kLogFieldBytes = 4u << 10;
// A sentence for a person, with the end of a tool's output in it.
constexpr std::size_t kWordsBytes = 16u << 10;
// Requests and input travel as one message each.
constexpr std::size_t kRequestBytes = 2u << 20;
constexpr std::size_t kInputBytes = 1u << 20;

std::string words(std::string_view text, std::size_t most = kWordsBytes) {
  return std::string(text.substr(0, most));
}

bool is_output_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= limits::kNameBytes &&
         std::all_of(name.begin(), name.end(), allowed);
}

std::int64_t decimal(const std::string& text, std::int64_t fallback) {
  std::int64_t value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

void write_to(sr_writer writer, std::string_view bytes) {
  if (writer.write != nullptr) writer.write(writer.sink, to_str(bytes));
}

Session::Session(Channel& channel, wire::Message call)
    : channel_(channel),
      message_(std::move(call)),
      started_ms_(clock_.monotonic_ms()),
      ahead_at_start_ms_(decimal(message_.field(wire::now_offset_ms), 0)),
      ahead_ms_(ahead_at_start_ms_) {
  fill_call();
}

void Session::fill_call() {
  const auto text = [this](wire::CallField field) { return to_str(message_.field(field)); };
  call_.size = sizeof call_;
  call_.verb = static_cast<std::uint32_t>(number(wire::verb, 0));
  call_.attempt = static_cast<std::uint32_t>(number(wire::attempt, 1));
  call_.cancel_fd = channel_.cancel_pipe();
  call_.ref = this;
  call_.run = text(wire::run);
  call_.stage = text(wire::stage);
  call_.key = text(wire::key);
  call_.config = text(wire::config);
  call_.plan = text(wire::plan);
  call_.receipt = text(wire::receipt);
  call_.checkpoint = text(wire::checkpoint);
  call_.pending = text(wire::pending);
  call_.settled = text(wire::settled);
  call_.workspace = text(wire::workspace);
  call_.scratch = text(wire::scratch);
  call_.result = {this, add_result};
}

std::int64_t Session::number(wire::CallField field, std::int64_t fallback) const {
  return decimal(message_.field(field), fallback);
}

void Session::add_result(void* session, sr_str bytes) noexcept {
  auto* self = static_cast<Session*>(session);
  if (self == nullptr || !self->may_ask()) return;
  const std::string_view more = view(bytes);
  if (more.size() > limits::kResultBytes - self->result_.size()) self->result_too_large_ = true;
  if (!self->result_too_large_) self->result_ += more;
}

// Half a receipt is worse than none: a rollback would take it for the whole.
bool Session::take_result(std::string& result) {
  if (!result_too_large_) {
    result = std::move(result_);
    return true;
  }
  fail("plugin.result", "the plugin left more than 1 MiB as its plan or receipt",
       "large things belong into the scratch folder; this is a fault of the plugin");
  return false;
}

void Session::log(sr_level level, std::string_view text, std::span<const sr_field> fields) {
  if (!open_) return;
  wire::Message message{wire::Type::log, 0, 0, std::clamp<sr_level>(level, SR_DEBUG, SR_ERROR), {}};
  message.fields.push_back(words(text, limits::kLineBytes));
  for (const sr_field& field : fields.first(std::min(fields.size(), kLogFields))) {
    message.fields.push_back(words(view(field.key), kLogFieldBytes));
    message.fields.push_back(words(view(field.value), kLogFieldBytes));
  }
  channel_.send(message);
}

void Session::progress(std::uint64_t done, std::uint64_t total, std::string_view note) {
  if (!open_) return;
  channel_.send(
      {wire::Type::progress, 0, 0, 0, {std::to_string(done), std::to_string(total), words(note)}});
}

std::int64_t Session::remaining_ms() const {
  const std::int64_t granted = number(wire::remaining_ms, -1);
  if (granted < 0) return -1;
  const std::int64_t skipped = ahead_ms_ - ahead_at_start_ms_;
  return std::max<std::int64_t>(granted - (clock_.monotonic_ms() - started_ms_) - skipped, 0);
}

std::int64_t Session::now_ms() const {
  std::int64_t now = 0;
  const bool overflow = __builtin_add_overflow(clock_.now_ms(), ahead_ms_.load(), &now);
  return overflow ? clock_.now_ms() : now;
}

void Session::fail(std::string_view code, std::string_view text, std::string_view hint) {
  channel_.send({wire::Type::fail, 0, 0, 0, {words(code), words(text), words(hint)}});
}

void Session::diagnose(std::string_view pointer, std::string_view code, std::string_view text,
                       std::string_view hint) {
  channel_.put(
      {wire::Type::diagnose, 0, 0, 0, {words(pointer), words(code), words(text), words(hint)}});
}

sr_status Session::get(std::string_view key, sr_writer writer) {
  std::call_once(context_once_, [this] {
    if (auto parsed = parse_json(message_.field(wire::context))) context_ = *std::move(parsed);
  });
  const Value* value = find_in_context(context_, key);
  if (value == nullptr) return SR_ABSENT;
  write_to(writer, render_json(*value));
  return SR_OK;
}

sr_status Session::set(std::string_view name, std::string_view json) {
  const bool fits = is_output_name(name) && json.size() <= limits::kOutputBytes;
  if (!fits || !parse_json(json)) return SR_INVALID;
  channel_.put({wire::Type::set, 0, 0, 0, {std::string(name), std::string(json)}});
  return SR_OK;
}

sr_status Session::checkpoint(std::string_view state) {
  if (state.size() > limits::kCheckpointBytes) return SR_INVALID;
  return ask({wire::Type::checkpoint, 0, 0, 0, {std::string(state)}}).argument;
}

sr_status Session::note(std::string_view bytes) {
  if (bytes.size() > limits::kNoteBytes) return SR_INVALID;
  channel_.put({wire::Type::note, 0, 0, 0, {std::string(bytes)}});
  return SR_OK;
}

sr_status Session::read_note(std::uint64_t index, sr_writer writer) {
  const wire::Message answer = ask({wire::Type::read_note, 0, 0, 0, {std::to_string(index)}});
  if (answer.argument == SR_OK) write_to(writer, answer.field(0));
  return answer.argument;
}

// Events that come before the answer are kept in their order.
wire::Message Session::ask(const wire::Message& question) {
  channel_.send(question);
  wire::Message message;
  for (;;) {
    channel_.wait(message, -1, false);
    if (message.type == wire::Type::answer) return message;
    take_event(message);
  }
}

sr_status Session::start(const char* kind, std::string_view request, std::uint64_t* ticket) {
  const std::size_t kind_size = kind != nullptr ? ::strnlen(kind, limits::kNameBytes + 1) : 0;
  const bool kind_fits = kind_size > 0 && kind_size <= limits::kNameBytes;
  if (!kind_fits || ticket == nullptr || request.size() > kRequestBytes) return SR_INVALID;
  if (next_ticket_ == UINT32_MAX || !parse_json(request)) return SR_INVALID;
  *ticket = next_ticket_;
  under_way_.insert(next_ticket_);
  channel_.put({wire::Type::start,
                0,
                next_ticket_++,
                0,
                {std::string(kind, kind_size), std::string(request)}});
  return SR_OK;
}

sr_status Session::next(std::int64_t timeout_ms, std::uint64_t* ticket, sr_writer writer) {
  if (events_.empty()) {
    const sr_status status = await_event(timeout_ms);
    if (status != SR_OK) return status;
  }
  const Event event = std::move(events_.front());
  events_.pop_front();
  if (ticket != nullptr) *ticket = event.ticket;
  write_to(writer, event.json);
  return SR_OK;
}

sr_status Session::await_event(std::int64_t timeout_ms) {
  if (under_way_.empty()) return SR_ABSENT;
  channel_.flush();
  const std::int64_t begin = clock_.monotonic_ms();
  wire::Message message;
  while (events_.empty()) {
    const std::int64_t passed = clock_.monotonic_ms() - begin;
    const std::int64_t left = timeout_ms < 0 ? -1 : std::max<std::int64_t>(timeout_ms - passed, 0);
    const Channel::Heard heard = channel_.wait(message, left, !cancel_said_);
    if (heard == Channel::Heard::nothing) return SR_RETRY;
    if (heard == Channel::Heard::cancelled) {
      cancel_said_ = true;
      return SR_CANCELLED;
    }
    take_event(message);
  }
  return SR_OK;
}

void Session::take_event(const wire::Message& message) {
  if (message.type != wire::Type::event || under_way_.count(message.ticket) == 0) return;
  if ((message.flags & wire::kLast) != 0) under_way_.erase(message.ticket);
  ahead_ms_ = decimal(message.field(1), ahead_ms_);
  events_.push_back({message.ticket, message.field(0)});
}

bool Session::is_under_way(std::uint64_t ticket) const {
  return exists(ticket) && under_way_.count(static_cast<std::uint32_t>(ticket)) != 0;
}

// No bytes close the input, so what is longer than a message is cut, never sent as nothing.
sr_status Session::write(std::uint64_t ticket, std::string_view bytes) {
  if (!exists(ticket)) return SR_INVALID;
  if (!is_under_way(ticket)) return SR_OK;
  do {
    const std::string_view piece = bytes.substr(0, kInputBytes);
    bytes.remove_prefix(piece.size());
    channel_.put(
        {wire::Type::write, 0, static_cast<std::uint32_t>(ticket), 0, {std::string(piece)}});
  } while (!bytes.empty());
  return SR_OK;
}

sr_status Session::signal(std::uint64_t ticket, std::int32_t number) {
  if (!exists(ticket) || number <= 0 || number > 64) return SR_INVALID;
  if (!is_under_way(ticket)) return SR_OK;
  channel_.put({wire::Type::signal, 0, static_cast<std::uint32_t>(ticket), number, {}});
  return SR_OK;
}

sr_status Session::cancel(std::uint64_t ticket) {
  if (!exists(ticket)) return SR_INVALID;
  if (!is_under_way(ticket)) return SR_OK;
  channel_.put({wire::Type::cancel, 0, static_cast<std::uint32_t>(ticket), 0, {}});
  return SR_OK;
}

}  // namespace stagerun
