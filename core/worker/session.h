// Session: one verb's side of the conversation with the host. What a plugin passes in is checked
// here, because the plugin may be anything: a bad argument is SR_INVALID, never a crash of ours.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>

#include <stagerun/stagerun.h>

#include "core/base/clock.h"
#include "core/base/value.h"
#include "core/base/wire.h"
#include "core/worker/channel.h"

namespace stagerun {

// The bytes a view stands for; none where its pointer is null.
inline std::string_view view(sr_str text) {
  return text.data != nullptr ? std::string_view(text.data, text.size) : std::string_view();
}
inline sr_str to_str(std::string_view text) { return {text.data(), text.size()}; }

class Session {
 public:
  // `call` is a wire message of type call. Belongs to the thread that makes it: that one runs the
  // verb. Must outlive whatever thread the plugin leaves behind.
  Session(Channel& channel, wire::Message call);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Valid as long as the session. `host` is null until the caller sets it.
  sr_call& call() { return call_; }
  const std::string& stage_type() const { return message_.field(wire::stage_type); }

  // Nothing that the plugin still says reaches the host afterwards.
  void close() { open_ = false; }
  bool is_open() const { return open_; }
  // True for what only the verb's own thread may ask for.
  bool may_ask() const { return open_ && std::this_thread::get_id() == thread_; }

  // What the verb left. False where it left too much, which the host is told.
  bool take_result(std::string& result);

  // What sr_host offers, in its order. [any] as there.
  void log(sr_level level, std::string_view text, std::span<const sr_field> fields);
  void progress(std::uint64_t done, std::uint64_t total, std::string_view note);
  bool is_cancelled() const { return channel_.is_cancelled(); }
  std::int64_t remaining_ms() const;
  std::int64_t now_ms() const;
  void fail(std::string_view code, std::string_view text, std::string_view hint);
  void diagnose(std::string_view pointer, std::string_view code, std::string_view text,
                std::string_view hint);
  sr_status get(std::string_view key, sr_writer writer);
  sr_status set(std::string_view name, std::string_view json);
  sr_status checkpoint(std::string_view state);
  sr_status note(std::string_view bytes);
  sr_status read_note(std::uint64_t index, sr_writer writer);
  sr_status start(const char* kind, std::string_view request, std::uint64_t* ticket);
  sr_status next(std::int64_t timeout_ms, std::uint64_t* ticket, sr_writer writer);
  sr_status write(std::uint64_t ticket, std::string_view bytes);
  sr_status signal(std::uint64_t ticket, std::int32_t number);
  sr_status cancel(std::uint64_t ticket);

 private:
  struct Event {
    std::uint32_t ticket;
    std::string json;
  };

  void fill_call();
  std::int64_t number(wire::CallField field, std::int64_t fallback) const;
  static void add_result(void* session, sr_str bytes) noexcept;
  wire::Message ask(const wire::Message& question);
  sr_status await_event(std::int64_t timeout_ms);
  void take_event(const wire::Message& message);
  bool exists(std::uint64_t ticket) const { return ticket > 0 && ticket < next_ticket_; }
  bool is_under_way(std::uint64_t ticket) const;

  Channel& channel_;
  const wire::Message message_;
  sr_call call_{};
  const std::thread::id thread_ = std::this_thread::get_id();
  std::atomic<bool> open_ = true;

  const SystemClock clock_;
  const std::int64_t started_ms_;
  // How far the host's clock was ahead of ours when the verb began, and is as far as we know.
  const std::int64_t ahead_at_start_ms_;
  std::atomic<std::int64_t> ahead_ms_;  // any thread may ask

  std::once_flag context_once_;
  Value context_;

  std::string result_;
  bool result_too_large_ = false;

  std::uint32_t next_ticket_ = 1;
  std::set<std::uint32_t> under_way_;
  std::deque<Event> events_;
  bool cancel_said_ = false;
};

// Gives bytes to the plugin; nothing happens where it gave no function.
void write_to(sr_writer writer, std::string_view bytes);

}  // namespace stagerun
