#include "core/base/wire.h"

#include <cstring>

#include "core/base/limits.h"

namespace stagerun::wire {
namespace {

constexpr std::size_t kHeaderBytes = 16;

template <typename Integer>
void put(std::string& out, Integer value) {
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

template <typename Integer>
Integer get(std::string_view bytes, std::size_t at) {
  Integer value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

Error garbage(const char* what) {
  return Error{ErrorCode::plugin, std::string("garbage on the control socket: ") + what, ""};
}

Status read_fields(std::string_view body, std::vector<std::string>& fields) {
  fields.clear();
  while (!body.empty()) {
    if (body.size() < 4) return garbage("a cut field");
    const auto length = get<std::uint32_t>(body, 0);
    if (length > body.size() - 4) return garbage("a field longer than its message");
    fields.emplace_back(body.substr(4, length));
    body.remove_prefix(4 + length);
  }
  return {};
}

}  // namespace

const std::string& Message::field(std::size_t index) const {
  static const std::string kNone;
  return index < fields.size() ? fields[index] : kNone;
}

std::string encode(const Message& message) {
  std::string out;
  put(out, std::uint32_t{0});
  put(out, static_cast<std::uint16_t>(message.type));
  put(out, message.flags);
  put(out, message.ticket);
  put(out, message.argument);
  for (const std::string& field : message.fields) {
    put(out, static_cast<std::uint32_t>(field.size()));
    out += field;
  }
  const auto length = static_cast<std::uint32_t>(out.size() - kHeaderBytes);
  std::memcpy(out.data(), &length, sizeof length);
  return out;
}

Result<bool> Decoder::next(Message& message) {
  const std::string_view bytes = std::string_view(buffer_).substr(begin_);
  if (bytes.size() < kHeaderBytes) return false;
  const auto length = get<std::uint32_t>(bytes, 0);
  if (length > limits::kMessageBytes) return garbage("a message over the limit");
  if (bytes.size() < kHeaderBytes + length) return false;
  message.type = static_cast<Type>(get<std::uint16_t>(bytes, 4));
  message.flags = get<std::uint16_t>(bytes, 6);
  message.ticket = get<std::uint32_t>(bytes, 8);
  message.argument = get<std::int32_t>(bytes, 12);
  TRY(read_fields(bytes.substr(kHeaderBytes, length), message.fields));
  begin_ += kHeaderBytes + length;
  if (begin_ == buffer_.size() || begin_ > limits::kUnreadBytes) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  return true;
}

}  // namespace stagerun::wire
