#include "core/broker/http_answer.h"

#include <map>
#include <optional>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

// An object of arrays: a header may come more than once.
Value header_object(const EffectPlace& place, const HttpAnswer& answer) {
  std::map<std::string, Value::Array> by_name;
  for (const auto& [name, value] : answer.headers) {
    by_name[place.secrets.masked_text(name)].emplace_back(place.secrets.masked_text(value));
  }
  Value::Object headers;
  for (auto& [name, values] : by_name) headers.emplace_back(name, Value(std::move(values)));
  return Value(std::move(headers));
}

// What a place in JSON holds as a secret. `true` and `null` are none: they would be found
// everywhere.
std::optional<std::string> as_secret(const Value& value) {
  if (value.text() != nullptr && !value.text()->empty()) return *value.text();
  const bool is_other =
      value.integer() != nullptr || value.items() != nullptr || value.members() != nullptr;
  return is_other ? std::optional(render_json(value)) : std::nullopt;
}

// Swaps what stands at the pointers for handles, in `json` itself.
Value capture(const EffectPlace& place, const HttpRequest& request, Value& json) {
  Value captured = Value::object();
  for (const auto& [label, pointer] : request.captures) {
    Value* found = json.at(pointer);
    auto value = found != nullptr ? as_secret(*found) : std::nullopt;
    if (!value) continue;
    // What cannot be kept is lost, and not told instead.
    *found = Value(kMasked);
    if (value->size() > limits::kSecretBytes || place.secrets.is_full()) continue;
    *found = place.secrets.add(place.stage + ":" + label, *std::move(value));
    captured.set(label, *found);
  }
  return captured;
}

// The body with what was captured swapped. An answer that should hold a secret and that we cannot
// read is not shown to anybody: it may hold it all the same.
Value capture_of(const EffectPlace& place, const HttpRequest& request, HttpAnswer& answer) {
  Result<Value> json = parse_json(answer.body);
  const bool went_well = answer.status >= 200 && answer.status < 300;
  if (!json) {
    if (went_well) answer.body.clear();
    return Value::object();
  }
  Value captured = capture(place, request, *json);
  if (!captured.members()->empty()) answer.body = render_json(*json);
  return captured;
}

// Before it is put into base64, where parts of a secret would look like anything else.
void set_body(const EffectPlace& place, const HttpRequest& request, const HttpAnswer& answer,
              Value& event) {
  if (!request.to_file.empty()) {
    event.set("body_bytes", Value(answer.body_bytes));
    return;
  }
  std::string body = place.secrets.masked_text(answer.body);
  if (is_utf8(body)) {
    event.set("body", std::move(body));
  } else {
    event.set("body_base64", to_base64(body));
  }
}

}  // namespace

Value response_event(const EffectPlace& place, const HttpRequest& request, HttpAnswer answer,
                     std::int64_t elapsed_ms) {
  Value event = Value::object().set("event", "response").set("status", Value(answer.status));
  Value captured;
  if (!request.captures.empty()) captured = capture_of(place, request, answer);
  event.set("headers", header_object(place, answer));
  set_body(place, request, answer, event);
  event.set("elapsed_ms", Value(elapsed_ms));
  if (answer.expires_s != 0) {
    const std::int64_t left_ms = answer.expires_s * 1000 - place.loop.clock().now_ms();
    event.set("tls_days_left", Value(left_ms / kDayMs));
  }
  if (!captured.is_null()) event.set("captured", std::move(captured));
  return event;
}

}  // namespace stagerun
