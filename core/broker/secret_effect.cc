#include "core/broker/secret_effect.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/pattern.h"
#include "core/broker/dotenv.h"
#include "core/broker/secret_url.h"
#include "core/broker/workspace_file.h"

namespace stagerun {
namespace {

using Kind = SecretQuestion::Kind;

Value answer_event() { return Value::object().set("event", "answer"); }

Value absent() { return answer_event().set("present", false); }

Value failed(const char* code, std::string_view text) { return failed_event(code, text, false); }

// Which members the request has besides its name: two that ask the same are the same.
std::string mark_of(const Value& asked) {
  Value text = Value::object();
  for (const char* member : {"op", "value", "part", "members", "env", "dotenv", "name"}) {
    if (const Value* place = asked.find(member)) text.set(member, *place);
  }
  return sha256_hex(render_json(text)).substr(0, 12);
}

// A text as part of a handle's name, in the letters that there may be; with `mark` where that is
// not the whole of it.
std::string as_label(const std::string& text, const std::string& mark) {
  std::string label = text;
  for (char& c : label) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '-';
    if (!fits) c = '_';
  }
  return label == text || mark.empty() ? label : label + "-" + mark;
}

}  // namespace

SecretEffect::SecretEffect(EffectPlace& place, SecretQuestion question, const Value& asked)
    : place_(place), question_(std::move(question)), mark_(mark_of(asked)) {}

void SecretEffect::launch() { place_.host.end(answer()); }

Value SecretEffect::answer() {
  const std::string& value = question_.value;
  const std::string& other = question_.other;
  switch (question_.kind) {
    case Kind::length:
      return answer_event().set("value", Value(static_cast<std::int64_t>(value.size())));
    case Kind::has_prefix:
      return answer_event().set("value", value.starts_with(other));
    case Kind::equals:
      return answer_event().set("value", equal_in_constant_time(value, other));
    case Kind::matches:
      return answer_event().set("value", Pattern(other).is_found_in(value));
    case Kind::hmac_sha256:
      return answer_event().set("value", hmac_sha256_hex(other, value));
    case Kind::url_part:
      return answer_url_part();
    case Kind::json_merge:
      return merge();
    case Kind::open:
      return question_.dotenv.empty() ? open_variable() : open_dotenv();
  }
  return absent();
}

Value SecretEffect::answer_url_part() {
  auto part = url_part(question_.value, question_.other);
  if (!part) return failed("secret.form", part.error().text);
  if (!*part) return absent();
  Value event = answer_event().set("present", true);
  if (!is_secret_part(question_.other)) return event.set("value", **std::move(part));
  return keep("url-" + mark_, **std::move(part), std::move(event));
}

Value SecretEffect::merge() {
  Result<Value> merged = parse_json(question_.value);
  if (!merged || merged->members() == nullptr) {
    return failed("secret.form", "the value is no JSON object");
  }
  for (const auto& [name, text] : question_.members) merged->set(name, text);
  return keep("merged-" + mark_, render_json(*merged), answer_event());
}

Value SecretEffect::open_variable() {
  const std::string& name = question_.variable;
  for (const std::string& entry : place_.environment) {
    if (!entry.starts_with(name + "=")) continue;
    if (question_.is_withheld) place_.secrets.hide_variable(name);
    return keep(as_label(name, mark_), entry.substr(name.size() + 1),
                answer_event().set("present", true));
  }
  return absent();
}

// Of files there may be several, so the name alone does not tell the secret.
Value SecretEffect::open_dotenv() {
  const Result<std::string> text =
      read_workspace_file(place_, question_.dotenv, limits::kSettingsBytes);
  if (!text) return failed("secret.file", text.error().text);
  auto value = find_in_dotenv(*text, question_.name);
  if (!value) {
    return failed("secret.file", fmt::format("{}, {}", question_.dotenv, value.error().text));
  }
  if (!*value) return absent();
  return keep(as_label(question_.name, "") + "-" + mark_, **std::move(value),
              answer_event().set("present", true));
}

Value SecretEffect::keep(const std::string& label, std::string value, Value event) {
  if (value.size() > limits::kSecretBytes) {
    return failed("secret.form", "it is too large for a secret");
  }
  if (place_.secrets.is_full()) return failed("secret.form", "there are too many secrets already");
  const std::string name = place_.stage + ":" + label;
  return event.set("handle", question_.is_masked
                                 ? place_.secrets.add(name, std::move(value))
                                 : place_.secrets.add_plain(name, std::move(value)));
}

}  // namespace stagerun
