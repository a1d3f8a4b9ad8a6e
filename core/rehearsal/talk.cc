#include "core/rehearsal/talk.h"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/model/event_value.h"

namespace stagerun::rehearsal {

Value question_about(const EffectIntended& intent) {
  return event_to_value(RunEvent{0, intent}).set("ask", "effect");
}

Value question_about(const std::string& stage, Verb verb, std::uint32_t attempt) {
  return event_to_value(RunEvent{0, VerbStarted{stage, verb, attempt}}).set("ask", "verb");
}

Result<EffectIntended> intent_in(const Value& question) {
  TRY_ASSIGN(const RunEvent event, event_from_value(question));
  if (const auto* intent = std::get_if<EffectIntended>(&event.body)) return *intent;
  return Error{ErrorCode::corrupt, "a host asked about an effect that is none", ""};
}

Result<VerbAsked> verb_in(const Value& question) {
  TRY_ASSIGN(const RunEvent event, event_from_value(question));
  if (const auto* verb = std::get_if<VerbStarted>(&event.body)) {
    return VerbAsked{verb->stage, verb->verb, verb->attempt};
  }
  return Error{ErrorCode::corrupt, "a host asked about a verb that is none", ""};
}

Value to_value(const Direction& direction) {
  Value events = Value::array();
  for (const Value& event : direction.events) events.push(event);
  Value value = Value::object()
                    .set("happens", Value(direction.happens))
                    .set("events", std::move(events))
                    .set("hangs", Value(direction.hangs))
                    .set("takes_ms", Value(direction.takes_ms));
  if (direction.told) value.set("told", *direction.told);
  return value;
}

Direction direction_in(const Value& answer) {
  Direction direction;
  direction.happens = answer.boolean_or("happens", false);
  direction.hangs = answer.boolean_or("hangs", false);
  direction.takes_ms = answer.integer_or("takes_ms", 0);
  const Value* events = answer.find("events");
  if (events != nullptr && events->items() != nullptr) direction.events = *events->items();
  if (const Value* told = answer.find("told")) direction.told = *told;
  return direction;
}

bool Talk::say(const Value& document) const {
  const std::string line = render_json(document) + "\n";
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t sent = ::send(descriptor_, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    left.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::optional<Value> Talk::hear() {
  std::size_t end = received_.find('\n');
  std::array<char, limits::kReadBytes> buffer;
  while (end == std::string::npos) {
    const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || received_.size() > limits::kRehearsedLineBytes) return std::nullopt;
    received_.append(buffer.data(), static_cast<std::size_t>(count));
    end = received_.find('\n');
  }
  auto document = parse_json(std::string_view(received_).substr(0, end));
  received_.erase(0, end + 1);
  if (!document) return std::nullopt;
  return *std::move(document);
}

}  // namespace stagerun::rehearsal
