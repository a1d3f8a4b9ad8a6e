#include "core/rehearsal/script.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/url.h"

namespace stagerun::rehearsal {
namespace {

Value ended() { return Value::object().set("event", "exited").set("status", Value(0)); }

Direction played(std::vector<Value> events, std::int64_t takes_ms = 0) {
  Direction direction;
  direction.happens = false;
  direction.events = std::move(events);
  direction.takes_ms = takes_ms;
  return direction;
}

std::vector<std::string> argv_of(const Value& request) {
  std::vector<std::string> argv;
  const Value* items = request.find("argv");
  if (items == nullptr || items->items() == nullptr) return argv;
  for (const Value& item : *items->items()) {
    argv.push_back(item.text() != nullptr ? *item.text() : "");
  }
  return argv;
}

// The program as it is called, and by its name alone.
bool is_real_program(const RehearseSpec& spec, const Value& request) {
  const auto argv = argv_of(request);
  const std::string program = argv.empty() ? "sh" : argv.front();
  const std::string name = program.substr(program.rfind('/') + 1);
  return std::any_of(spec.real.begin(), spec.real.end(),
                     [&](const std::string& real) { return real == program || real == name; });
}

bool is_real_origin(const RehearseSpec& spec, const std::string& place) {
  const auto url = parse_url(place);
  if (!url) return false;
  return std::any_of(spec.real.begin(), spec.real.end(), [&](const std::string& real) {
    const auto origin = parse_url(real);
    return origin && origin->secure == url->secure && origin->authority == url->authority;
  });
}

const RehearsedAnswer* answer_to(const RehearseSpec& spec, const std::string& words) {
  for (const RehearsedAnswer& answer : spec.answers) {
    if (answer.words == words) return &answer;
  }
  return nullptr;
}

Direction response(const RehearsedAnswer& answer) {
  Value headers = Value::object();
  for (const auto& [name, value] : answer.headers) headers.set(name, Value::array().push(value));
  return played({Value::object()
                     .set("event", "response")
                     .set("status", Value(answer.status))
                     .set("headers", std::move(headers))
                     .set("body", answer.body)
                     .set("elapsed_ms", Value(answer.takes_ms))},
                answer.takes_ms);
}

// Its output goes where the effect asked for it.
Direction outcome(const RehearsedAnswer& answer, const Value& request) {
  const bool as_lines = request.text_or("output", "log") == "lines";
  std::vector<Value> events;
  std::string_view left = answer.prints;
  while (!left.empty()) {
    const std::string_view line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(line.size() + 1, left.size()));
    events.push_back(Value::object()
                         .set("event", as_lines ? "line" : "log")
                         .set("stream", "stdout")
                         .set("text", std::string(line)));
  }
  events.push_back(Value::object()
                       .set("event", "exited")
                       .set("status", Value(answer.exit))
                       .set("tail", answer.prints));
  return played(std::move(events), answer.takes_ms);
}

Scripted command(const RehearseSpec& spec, const EffectIntended& intent) {
  const Value& request = intent.request;
  // Our own services, which are there only where they were started for real.
  if (request.find("stop") != nullptr || request.find("alive") != nullptr) return {};
  const RehearsedAnswer* answer = answer_to(spec, words_of(intent));
  if (answer != nullptr) return {outcome(*answer, request), answer->writes};
  if (is_real_program(spec, request)) return {};
  return {played({ended()}), {}, true};
}

Scripted request(const RehearseSpec& spec, const EffectIntended& intent) {
  const RehearsedAnswer* answer = answer_to(spec, words_of(intent));
  if (answer != nullptr) return {response(*answer), {}};
  if (is_real_origin(spec, intent.request.text_or("url"))) return {};
  return {response(RehearsedAnswer{}), {}, true};
}

}  // namespace

std::string words_of(const EffectIntended& intent) {
  const Value& request = intent.request;
  if (intent.kind == "http/1") {
    // Without its query, which is the caller's business and may hold secrets.
    const std::string url = request.text_or("url");
    return request.text_or("method", "GET") + " " + url.substr(0, url.find('?'));
  }
  if (intent.kind != "process/1") return "";
  const std::string shell = request.text_or("shell");
  return shell.empty() ? fmt::format("{}", fmt::join(argv_of(request), " ")) : shell;
}

Scripted scripted(const RehearseSpec& spec, const EffectIntended& intent) {
  if (intent.kind == "process/1") return command(spec, intent);
  if (intent.kind == "http/1") return request(spec, intent);
  if (intent.kind != "timer/1") return {};
  const std::int64_t after_ms = intent.request.integer_or("after_ms", 0);
  return {played({Value::object().set("event", "fired")}, after_ms), {}};
}

}  // namespace stagerun::rehearsal
