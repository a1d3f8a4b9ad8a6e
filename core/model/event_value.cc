#include "core/model/event_value.h"

#include <algorithm>
#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/base/json.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

// -- Members to JSON ----------------------------------------------------------------------------

Value to_value(bool value) { return value; }
Value to_value(std::integral auto value) { return static_cast<std::int64_t>(value); }

template <typename E>
requires std::is_enum_v<E> Value to_value(E value) { return to_string(value); }

Value to_value(const std::vector<std::string>& texts) {
  Value array = Value::array();
  for (const std::string& text : texts) array.push(text);
  return array;
}

Value to_value(const Failure& failure) {
  if (failure == Failure{}) return Value();
  Value value;
  value.set("code", failure.code).set("text", failure.text).set("hint", failure.hint);
  return value;
}

// Straight to text where it is long or frequent: there are ten events to the smallest stage.
void append(const std::string& text, std::string& json) { append_json_text(text, json); }
void append(const Value& value, std::string& json) { append_json(value, json); }
// Text stays readable; what is no UTF-8 is kept to the byte.
void append(const Bytes& bytes, std::string& json) {
  if (is_utf8(bytes.data)) return append_json_text(bytes.data, json);
  append_json(Value::object().set("base64", to_base64(bytes.data)), json);
}
void append(const auto& member, std::string& json) { append_json(to_value(member), json); }

// -- JSON to members ----------------------------------------------------------------------------

bool from_value(const Value& value, std::string& out) {
  if (value.text() != nullptr) out = *value.text();
  return value.text() != nullptr;
}

bool from_value(const Value& value, Value& out) {
  out = value;
  return true;
}

bool from_value(const Value& value, bool& out) {
  if (value.boolean() != nullptr) out = *value.boolean();
  return value.boolean() != nullptr;
}

bool from_value(const Value& value, std::integral auto& out) {
  if (value.integer() == nullptr) return false;
  out = static_cast<std::remove_reference_t<decltype(out)>>(*value.integer());
  return std::cmp_equal(out, *value.integer());
}

template <typename E>
requires std::is_enum_v<E>
bool from_value(const Value& value, E& out) {
  if (value.text() == nullptr) return false;
  const auto found = from_string<E>(*value.text());
  if (found) out = *found;
  return found.has_value();
}

bool from_value(const Value& value, Bytes& out) {
  if (value.text() != nullptr) {
    out.data = *value.text();
    return true;
  }
  const Value* encoded = value.find("base64");
  if (encoded == nullptr || encoded->text() == nullptr) return false;
  const auto bytes = from_base64(*encoded->text());
  if (bytes) out.data = *bytes;
  return bytes.has_value();
}

bool from_value(const Value& value, std::vector<std::string>& out) {
  if (value.items() == nullptr) return false;
  for (const Value& item : *value.items()) {
    if (item.text() == nullptr) return false;
    out.push_back(*item.text());
  }
  return true;
}

bool from_value(const Value& value, Failure& out) {
  if (value.is_null()) return true;
  out = {value.text_or("code"), value.text_or("text"), value.text_or("hint")};
  return value.members() != nullptr;
}

// -- Whole events -------------------------------------------------------------------------------

// True for what older journals do not hold.
template <typename Event>
bool was_added(std::string_view name) {
  if constexpr (requires { Event::kAdded; }) {
    return std::find(Event::kAdded.begin(), Event::kAdded.end(), name) != Event::kAdded.end();
  }
  return false;
}

template <typename Event>
Result<EventBody> read_body(const Value& record) {
  Event event;
  std::string broken;
  Event::fields(event, [&](const char* name, auto& member) {
    const Value* value = record.find(name);
    if (value == nullptr && was_added<Event>(name)) return;
    if (value == nullptr || !from_value(*value, member)) broken = name;
  });
  if (broken.empty()) return EventBody(std::move(event));
  return Error{ErrorCode::corrupt,
               "event " + std::string(Event::kName) + " without a good `" + broken + "`", ""};
}

template <std::size_t I = 0>
Result<EventBody> read_named(std::string_view name, const Value& record) {
  if constexpr (I == std::variant_size_v<EventBody>) {
    return Error{ErrorCode::corrupt, "unknown event `" + std::string(name) + "`",
                 "a newer stagerun wrote this journal: use that one"};
  } else {
    using Event = std::variant_alternative_t<I, EventBody>;
    return name == Event::kName ? read_body<Event>(record) : read_named<I + 1>(name, record);
  }
}

}  // namespace

std::string event_to_json(const RunEvent& event) {
  std::string json;
  json.reserve(512);  // as much as nearly all of them need
  ((json += "{\"at_ms\":") += std::to_string(event.at_ms)) += ",\"event\":";
  append_json_text(event_name(event.body), json);
  const auto add = [&](const char* name, const auto& member) {
    ((json += ",\"") += name) += "\":";
    append(member, json);
  };
  std::visit([&](const auto& body) { std::remove_cvref_t<decltype(body)>::fields(body, add); },
             event.body);
  return json += '}';
}

Value event_to_value(const RunEvent& event) {
  Result<Value> value = parse_json(event_to_json(event));
  CHECK(value.has_value());
  return *std::move(value);
}

Result<RunEvent> event_from_value(const Value& record) {
  TRY_ASSIGN(EventBody body, read_named(record.text_or("event"), record));
  return RunEvent{record.integer_or("at_ms", 0), std::move(body)};
}

}  // namespace stagerun
