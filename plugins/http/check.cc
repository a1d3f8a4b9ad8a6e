#include "check.h"

#include <algorithm>

#include "expect.h"
#include "json_text.h"
#include "poll.h"
#include "url.h"

namespace http {
namespace {

constexpr std::int64_t kTryMs = 10'000;
// Of an answer's body, what a failure shows.
constexpr std::size_t kExcerptBytes = 200;

std::string config_of(const sr::Call& call) { return std::string(sr::to_view(call.raw().config)); }

bool reads(const std::string& method) { return method == "GET" || method == "HEAD"; }

Schedule read_schedule(const sr::Call& call) {
  Schedule schedule;
  schedule.within_ms = std::max<std::int64_t>(sr::duration_ms(call.config_or("/within", "0s")), 0);
  schedule.every_ms = std::max<std::int64_t>(sr::duration_ms(call.config_or("/every", "1s")), 1);
  schedule.successes = std::max(sr::number_in(call.config_or("/successes", "1")), 1);
  return schedule;
}

sr::HttpRequest read_request(const sr::Call& call) {
  sr::HttpRequest request{.method = call.config_or("/method", "GET"), .url = call.config("/url")};
  request.purpose = "look at " + shown_url(request.url);
  request.headers = sr::Json::raw(call.config_or("/headers", "{}"));
  request.body = call.config_or("/body", "");
  if (const auto json = find_json(call, config_of(call), "/json")) {
    request.body = *json;
    if (!has_name(call, request.headers.text(), "content-type")) {
      request.headers.set("Content-Type", "application/json");
    }
  }
  request.redirects = sr::number_in(call.config_or("/redirects", "0"));
  request.probe = !reads(request.method);
  request.ca_file = call.config_or("/ca_file", "");
  return request;
}

std::string excerpt(const Answer& answer) {
  if (!answer.is_text) return "; its body is no text";
  if (answer.body.empty()) return "";
  return "; its body begins: " + printable(answer.body, kExcerptBytes);
}

// What one try saw: a fault, and the last answer there was.
std::string look(sr::Call& call, const sr::HttpRequest& request, const Expectation& expected,
                 Answer& answer) {
  try {
    answer = Answer::read(call, call.http().send(request).json);
    const std::string fault = expected.find_fault(call, answer);
    return fault.empty() ? "" : fault + excerpt(answer);
  } catch (const sr::Failed& failed) {
    return failed.text();
  } catch (const sr::Unknown& lost) {  // it only asks, so it may ask again
    return lost.text();
  }
}

void set_outputs(const sr::Call& call, const Answer& answer) {
  for (const auto& [name, source] : json_members(call, call.config_or("/outputs", "{}"))) {
    const std::string pointer = call.pick(source, "/json").value_or("");
    const std::string type = call.pick(source, "/type").value_or("string");
    const auto value = find_json(call, answer.body, pointer);
    if (!value) {
      throw sr::Failed("http.output",
                       "the answer has no " + pointer + " for the output `" + name + "`");
    }
    if (!has_type(*value, type)) {
      throw sr::Failed("http.output", "the output `" + name + "` is declared as " + type +
                                          ", and " + pointer + " is " +
                                          std::string(describe_kind(*value)));
    }
    call.set(name, sr::Json::raw(*value));
  }
}

void succeed(sr::Call& call, const Expectation& expected, const Answer& answer, int attempts) {
  call.set("status", answer.status);
  call.set("attempts", attempts);
  call.set("latency_ms", answer.elapsed_ms);
  const auto& version = expected.version();
  if (version) call.set_text("version", version->seen(call, answer).value_or(""));
  set_outputs(call, answer);
  call.receipt(sr::Json::object().set("status", answer.status).set("attempts", attempts).text());
}

[[noreturn]] void give_up(const std::string& url, const Polled& polled, bool has_time) {
  const std::string tries = polled.tries();
  throw sr::Failed("http.check",
                   shown_url(url) + ": " + polled.fault + (tries.empty() ? "" : " (" + tries + ")"),
                   has_time ? "raise `within` if it needs longer; else look at the service's log"
                            : "give it time with `within` if it may still be starting");
}

void diagnose_body(sr::Call& call) {
  const std::string method = call.config_or("/method", "GET");
  const bool upper = !method.empty() && std::all_of(method.begin(), method.end(),
                                                    [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_open(method) && (!upper || method == "CONNECT")) {
    call.diagnose("/method", "http.method", "`" + printable(method, 40) + "` is no method",
                  "in capitals: GET, HEAD, POST, OPTIONS");
  }
  if (call.has_config("/body") && call.has_config("/json")) {
    call.diagnose("/json", "http.contradiction", "a request has one body",
                  "leave `body` or `json` out");
  }
  for (const char* body : {"/body", "/json"}) {
    if (!reads(method) || !call.has_config(body)) continue;
    call.diagnose(body, "http.contradiction", method + " sends no body",
                  "write the method that is meant: method = \"POST\"");
  }
}

void diagnose_expected(sr::Call& call) {
  Expectation::diagnose(call, config_of(call), "", kSideBySide);
  if (call.config_or("/method", "GET") == "HEAD") {
    for (const char* key :
         {"/contains", "/body_regex", "/expect_json", "/version/json", "/outputs"}) {
      if (!call.has_config(key)) continue;
      call.diagnose(key, "http.contradiction", "an answer to HEAD has no body to look into",
                    "ask with GET");
    }
  }
  if (call.has_config("/tls_days_left") && call.config_or("/url", "").starts_with("http://")) {
    call.diagnose("/tls_days_left", "http.contradiction", "over http:// there is no certificate",
                  "begin the address with https://");
  }
  for (const auto& [name, source] : json_members(call, call.config_or("/outputs", "{}"))) {
    const std::string pointer = call.pick(source, "/json").value_or("");
    if (is_pointer(pointer) || is_open(pointer)) continue;
    call.diagnose("/outputs/" + name + "/json", "http.pointer",
                  "`" + printable(pointer, 100) + "` is no JSON pointer", "for example /version");
  }
}

// What the stage would look at, for people: "GET http://x/, status 200, contains, 3 times in a
// row".
std::string describe(const sr::Call& call) {
  std::string line = "look at " + call.config_or("/method", "GET") + " " +
                     shown_url(call.config_or("/url", "an address")) + ": status ";
  const std::string fallback = call.has_config("/not_status") ? "any" : "200";
  line += printable(call.config_or("/status", fallback), 100);
  for (const char* key : {"not_status", "contains", "body_regex", "max_latency", "tls_days_left"}) {
    const auto value = call.find_config(std::string("/") + key);
    if (value && !has_handle(*value)) line += std::string(", ") + key + " " + printable(*value, 60);
  }
  for (const char* key : {"expect_headers", "expect_json"}) {
    for (const auto& [name, wanted] :
         json_members(call, call.config_or(std::string("/") + key, ""))) {
      line += ", " + printable(name, 60);
    }
  }
  if (call.has_config("/version")) line += ", version " + call.config_or("/version/equals", "");
  const std::string successes = call.config_or("/successes", "1");
  if (successes != "1") line += ", " + successes + " times in a row";
  if (const auto within = call.find_config("/within")) line += ", within " + *within;
  return line;
}

}  // namespace

void Check::validate(sr::Call& call) {
  if (call.has_config("/url")) diagnose_url(call, "/url", call.config("/url"));
  diagnose_body(call);
  diagnose_expected(call);
  diagnose_duration(call, "/within");
  diagnose_duration(call, "/every");
}

// Nothing changes, so there is no change to name; the line is for people.
void Check::plan(sr::Call& call) { call.info(describe(call)); }

void Check::apply(sr::Call& call) {
  const Expectation expected = Expectation::read(call, config_of(call), kSideBySide);
  const Schedule schedule = read_schedule(call);
  sr::HttpRequest request = read_request(call);
  Answer answer;
  const Polled polled = poll(call, schedule, std::max(kTryMs, expected.max_latency_ms()),
                             [&](std::int64_t timeout_ms) {
                               request.timeout_ms = timeout_ms;
                               return look(call, request, expected, answer);
                             });
  if (!polled.fault.empty()) give_up(request.url, polled, schedule.within_ms > 0);
  succeed(call, expected, answer, polled.attempts);
}

}  // namespace http
