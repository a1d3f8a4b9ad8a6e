#include "core/rehearsal/remote_director.h"

namespace stagerun::rehearsal {
namespace {

Value over() {
  return Value::object()
      .set("event", "failed")
      .set("code", "effect.rehearsal")
      .set("text", "the rehearsal is over: nothing may happen any more")
      .set("may_have_happened", Value(false));
}

}  // namespace

// An object without members where nobody answers.
Value RemoteDirector::ask(const Value& question) {
  if (!talk_.say(question)) return Value::object();
  return talk_.hear().value_or(Value::object());
}

Direction RemoteDirector::direct(const EffectIntended& intent) {
  Direction direction = direction_in(ask(question_about(intent)));
  const bool can_be_played = direction.hangs || !direction.events.empty();
  if (!direction.happens && !can_be_played) direction.events.push_back(over());
  return direction;
}

bool RemoteDirector::fails(const std::string& stage, Verb verb, std::uint32_t attempt) {
  return ask(question_about(stage, verb, attempt)).boolean_or("fails", false);
}

std::string RemoteDirector::secret(const std::string& name) {
  return ask(Value::object().set("ask", "secret").set("name", name)).text_or("value");
}

void RemoteDirector::pass(std::int64_t ms) {
  if (ms <= 0) return;
  clock_.skip(ms);
  static_cast<void>(talk_.say(Value::object().set("tell", "passed").set("ms", Value(ms))));
}

}  // namespace stagerun::rehearsal
