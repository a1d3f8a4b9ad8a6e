#include "core/worker/host_table.h"

#include <optional>
#include <string>

#include "core/base/json.h"
#include "core/worker/session.h"

namespace stagerun {
namespace {

// For [any] functions: the session while its verb runs, else null.
Session* any(const sr_call* call) {
  if (call == nullptr || call->ref == nullptr) return nullptr;
  auto* session = static_cast<Session*>(call->ref);
  return session->is_open() ? session : nullptr;
}

// For the others: null on a thread other than the verb's own, too.
Session* own(const sr_call* call) {
  Session* session = any(call);
  return session != nullptr && session->may_ask() ? session : nullptr;
}

// A view that claims bytes it does not have.
bool is_hollow(sr_str text) { return text.data == nullptr && text.size > 0; }

void log(const sr_call* call, sr_level level, sr_str text, const sr_field* fields,
         size_t count) noexcept {
  if (Session* session = any(call)) {
    session->log(level, view(text), {fields, fields != nullptr ? count : 0});
  }
}

void progress(const sr_call* call, uint64_t done, uint64_t total, sr_str note) noexcept {
  if (Session* session = any(call)) session->progress(done, total, view(note));
}

int32_t cancelled(const sr_call* call) noexcept {
  const Session* session = any(call);
  return session == nullptr || session->is_cancelled() ? 1 : 0;
}

int64_t remaining_ms(const sr_call* call) noexcept {
  const Session* session = any(call);
  return session != nullptr ? session->remaining_ms() : 0;
}

int64_t now_ms(const sr_call* call) noexcept {
  const Session* session = any(call);
  return session != nullptr ? session->now_ms() : 0;
}

void fail(const sr_call* call, sr_str code, sr_str text, sr_str hint) noexcept {
  if (Session* session = own(call)) session->fail(view(code), view(text), view(hint));
}

void diagnose(const sr_call* call, sr_str pointer, sr_str code, sr_str text, sr_str hint) noexcept {
  if (Session* session = own(call)) {
    session->diagnose(view(pointer), view(code), view(text), view(hint));
  }
}

// Null where it is no JSON. Good until this thread asks again. The last document is kept: plugins
// ask their configuration, and an event, for one member after the other.
const Value* parsed(std::string_view json) {
  thread_local std::string text;
  thread_local std::optional<Value> document;
  if (document && text == json) return &*document;
  document.reset();
  if (auto value = parse_json(json)) document = *std::move(value);
  text = json;
  return document ? &*document : nullptr;
}

sr_status pick(const sr_call*, sr_str json, sr_str pointer, sr_writer writer) noexcept {
  if (is_hollow(json) || is_hollow(pointer)) return SR_INVALID;
  const Value* document = parsed(view(json));
  if (document == nullptr) return SR_INVALID;
  const Value* place = document->at(view(pointer));
  if (place == nullptr) return SR_ABSENT;
  write_to(writer, place->text() != nullptr ? *place->text() : render_json(*place));
  return SR_OK;
}

sr_status get(const sr_call* call, sr_str key, sr_writer writer) noexcept {
  Session* session = any(call);
  return session != nullptr ? session->get(view(key), writer) : SR_INVALID;
}

sr_status set(const sr_call* call, sr_str name, sr_str json) noexcept {
  Session* session = own(call);
  return session != nullptr ? session->set(view(name), view(json)) : SR_INVALID;
}

sr_status checkpoint(const sr_call* call, sr_str state) noexcept {
  Session* session = own(call);
  if (session == nullptr || is_hollow(state)) return SR_INVALID;
  return session->checkpoint(view(state));
}

sr_status note(const sr_call* call, sr_str bytes) noexcept {
  Session* session = own(call);
  if (session == nullptr || is_hollow(bytes)) return SR_INVALID;
  return session->note(view(bytes));
}

sr_status read_note(const sr_call* call, uint64_t index, sr_writer writer) noexcept {
  Session* session = own(call);
  return session != nullptr ? session->read_note(index, writer) : SR_INVALID;
}

sr_status start(const sr_call* call, const char* kind, sr_str request, uint64_t* ticket) noexcept {
  Session* session = own(call);
  return session != nullptr ? session->start(kind, view(request), ticket) : SR_INVALID;
}

sr_status next(const sr_call* call, int64_t timeout_ms, uint64_t* ticket,
               sr_writer event) noexcept {
  Session* session = own(call);
  return session != nullptr ? session->next(timeout_ms, ticket, event) : SR_INVALID;
}

sr_status write(const sr_call* call, uint64_t ticket, sr_str bytes) noexcept {
  Session* session = own(call);
  if (session == nullptr || is_hollow(bytes)) return SR_INVALID;
  return session->write(ticket, view(bytes));
}

sr_status signal(const sr_call* call, uint64_t ticket, int32_t number) noexcept {
  Session* session = own(call);
  return session != nullptr ? session->signal(ticket, number) : SR_INVALID;
}

sr_status cancel(const sr_call* call, uint64_t ticket) noexcept {
  Session* session = own(call);
  return session != nullptr ? session->cancel(ticket) : SR_INVALID;
}

}  // namespace

const sr_host kHostTable = {
    .size = sizeof(sr_host),
    .abi_major = SR_ABI_MAJOR,
    .abi_minor = SR_ABI_MINOR,
    .log = log,
    .progress = progress,
    .cancelled = cancelled,
    .remaining_ms = remaining_ms,
    .now_ms = now_ms,
    .fail = fail,
    .diagnose = diagnose,
    .pick = pick,
    .get = get,
    .set = set,
    .checkpoint = checkpoint,
    .note = note,
    .read_note = read_note,
    .start = start,
    .next = next,
    .write = write,
    .signal = signal,
    .cancel = cancel,
};

}  // namespace stagerun
