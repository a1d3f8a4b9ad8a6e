#include "core/broker/effect.h"

namespace stagerun {

Value refused_event(const Refusal& refusal) {
  return Value::object()
      .set("event", "refused")
      .set("code", refusal.code)
      .set("text", refusal.text);
}

Value failed_event(std::string_view code, std::string_view text, bool may_have_happened) {
  return Value::object()
      .set("event", "failed")
      .set("code", code)
      .set("text", text)
      .set("may_have_happened", may_have_happened);
}

Value cancelled_event(bool may_have_happened) {
  return Value::object().set("event", "cancelled").set("may_have_happened", may_have_happened);
}

}  // namespace stagerun
