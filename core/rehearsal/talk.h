// Talk: what a host in a rehearsal asks its controller, and what it is told: a JSON document a line
// over a socket, one question at a time.
#pragma once

#include <optional>
#include <string>

#include "core/base/value.h"
#include "core/model/ports.h"

namespace stagerun::rehearsal {

// A question's form: {"ask": "effect", ...the intent} or {"ask": "verb", "stage", "verb",
// "attempt"} or {"ask": "secret", "name"}; {"tell": "passed", "ms"} wants no answer.
Value question_about(const EffectIntended& intent);
Value question_about(const std::string& stage, Verb verb, std::uint32_t attempt);

// What the first two ask about; an error where it has not the form.
Result<EffectIntended> intent_in(const Value& question);
struct VerbAsked {
  std::string stage;
  Verb verb{};
  std::uint32_t attempt = 0;
};
Result<VerbAsked> verb_in(const Value& question);

Value to_value(const Direction& direction);
Direction direction_in(const Value& answer);

// One end of the socket. The other end is another build of nothing: still, lines are bounded.
class Talk {
 public:
  // Not owned; blocking.
  explicit Talk(int descriptor) : descriptor_(descriptor) {}

  // False where the other end is gone.
  bool say(const Value& document) const;
  // Waits for a whole line; nothing where the other end is gone or talks nonsense.
  std::optional<Value> hear();
  // True where another line is here already.
  bool has_more() const { return received_.find('\n') != std::string::npos; }

 private:
  int descriptor_;
  std::string received_;
};

}  // namespace stagerun::rehearsal
