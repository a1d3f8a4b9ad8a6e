// Wire: how host and worker talk over their socket. A message is a 16-byte header and its fields.
//
//   u32 length of what follows the header    u16 type    u16 flags    u32 ticket    i32 argument
//   then each field: u32 length, bytes
//
// Little-endian. Either side treats the other as hostile: lengths are checked before use.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace stagerun::wire {

// The protocol is private to one build of stagerun: host and worker come together.
enum class Type : std::uint16_t {
  // host to worker
  call = 1,  // run one verb: fields as in kCallFields
  event,     // ticket; fields: JSON, how far our clock is ahead in decimal (where it is)
  answer,    // to checkpoint and read_note; argument: sr_status; field: bytes
  // worker to host
  loaded = 64,  // the plugin is open; argument: version of the kernel's Landlock, 0: not enforced;
                // field: JSON description of the module
  refused,      // it cannot be used; fields: code, text
  log,          // argument: level; fields: text, then key, value, ...
  progress,     // fields: done, total, note
  fail,         // fields: code, text, hint
  diagnose,     // fields: pointer, code, text, hint
  set,          // fields: name, JSON
  checkpoint,   // field: bytes; answered
  note,         // field: bytes
  read_note,    // field: index in decimal; answered
  start,        // ticket; fields: kind, request
  write,        // ticket; field: bytes; none closes the input
  signal,       // ticket; argument: number
  cancel,       // ticket
  done,         // argument: sr_status; field: result
  resigned,     // after `done`: the verb left something behind (a thread, a descriptor, another
                // working directory or environment), so this worker must not serve another. A call
                // that has come since was not begun
};

// In `event`: no more events for this ticket.
inline constexpr std::uint16_t kLast = 1;

// The fields of `call`, in this order.
enum CallField : std::size_t {
  stage_type,
  run,
  stage,
  key,
  config,
  plan,
  receipt,
  checkpoint,
  pending,
  settled,
  workspace,
  scratch,
  context,        // JSON: what `get` answers
  remaining_ms,   // decimal; -1: no limit
  now_offset_ms,  // decimal: added to the real time
  verb,           // decimal: sr_verb number
  attempt,        // decimal
  call_field_count,
};

struct Message {
  Type type{};
  std::uint16_t flags = 0;
  std::uint32_t ticket = 0;
  std::int32_t argument = 0;
  std::vector<std::string> fields;

  // The field, or "" where the other side sent fewer.
  const std::string& field(std::size_t index) const;
};

// The whole message as bytes, ready to be written.
std::string encode(const Message& message);

// Takes bytes as they arrive and gives out whole messages.
class Decoder {
 public:
  void add(std::string_view bytes) { buffer_.append(bytes); }
  // True and fills `message` where a whole one has arrived; false where more is needed; an error
  // where the bytes cannot be the protocol (too long, fields that overrun).
  Result<bool> next(Message& message);

 private:
  std::string buffer_;
  std::size_t begin_ = 0;
};

}  // namespace stagerun::wire
