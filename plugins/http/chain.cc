#include "chain.h"

#include <algorithm>

#include "json_text.h"
#include "poll.h"
#include "url.h"

namespace http {
namespace {

constexpr std::int64_t kRequestMs = 30'000;
constexpr std::string_view kHeaderPrefix = "header:";

std::string text_at(const sr::Call& call, const std::string& json, const char* pointer) {
  return call.pick(json, pointer).value_or("");
}

std::string form_body(const sr::Call& call, const std::string& form, const Values& values) {
  std::string body;
  for (const auto& [name, value] : json_members(call, form)) {
    body += (body.empty() ? "" : "&") + percent_encoded(name) + "=" +
            fill_text(call, bare_text(call, value), values, Place::form);
  }
  return body;
}

void add_body(const sr::Call& call, const Request& request, const Values& values,
              sr::HttpRequest& sent) {
  std::string type;
  if (const auto json = find_json(call, request.json, "/json")) {
    sent.body = fill_json(call, *json, values);
    type = "application/json";
  } else if (const auto form = call.pick(request.json, "/form")) {
    sent.body = form_body(call, *form, values);
    type = "application/x-www-form-urlencoded";
  } else {
    sent.body = fill_text(call, text_at(call, request.json, "/body"), values);
  }
  if (!type.empty() && !has_name(call, sent.headers.text(), "content-type")) {
    sent.headers.set("Content-Type", type);
  }
}

sr::HttpRequest build(const sr::Call& call, const Request& request, const Values& values) {
  sr::HttpRequest sent{.method = request.method,
                       .url = fill_text(call, request.url, values, Place::url),
                       .purpose = request.shown()};
  const auto headers = call.pick(request.json, "/headers").value_or("{}");
  sent.headers = sr::Json::raw(fill_json(call, headers, values));
  add_body(call, request, values, sent);
  const std::string key_header = call.config_or("/idempotency_header", "");
  if (request.writes()) {
    sent.id = request.id;
    if (!key_header.empty()) sent.headers.set(key_header, std::string(call.key()) + "/" + sent.id);
  }
  sent.capture = sr::Json::raw(call.pick(request.json, "/capture").value_or("{}"));
  sent.redirects = sr::number_in(call.pick(request.json, "/redirects").value_or("0"));
  sent.probe = request.probe;
  sent.ca_file = call.config_or("/ca_file", "");
  const std::int64_t timeout = sr::duration_ms(text_at(call, request.json, "/timeout"));
  sent.timeout_ms = timeout > 0 ? timeout : kRequestMs;
  return sent;
}

// Codes of http/1 that say that nobody was reached: another time somebody may be.
bool may_pass(const std::string& code) {
  return code == "http.connect" || code == "http.resolve" || code == "http.timeout" ||
         code == "http.lost";
}

[[noreturn]] void refuse_answer(const Request& request, const Verdict& verdict) {
  const int status = verdict.answer.status;
  const std::string text = request.shown() + ": " + verdict.fault;
  if (status == 412 && !verdict.accepts_status) {
    throw sr::Conflict("http.conflict", text, "somebody else has changed it since");
  }
  const bool denied = status == 401 || status == 403 || status == 407;
  if (denied && !verdict.accepts_status) {
    throw sr::Failed("http.denied", text, "look at the token or the password that was sent");
  }
  const bool busy = status == 408 || status == 429 || status == 503;
  if (verdict.accepts_status || (status < 500 && !busy)) throw sr::Failed("http.answer", text);
  if (busy || !request.writes()) throw sr::Retry("http.answer", text, "its server may be busy");
  throw sr::Unknown("http.answer", text, "its server may have done it all the same");
}

Answer exchange(sr::Call& call, const sr::HttpRequest& sent, const Request& request) {
  try {
    return Answer::read(call, call.http().send(sent).json);
  } catch (const sr::Failed& failed) {
    if (!may_pass(failed.code())) throw;
    throw sr::Retry(failed.code(), failed.text(), "nothing was done");
  } catch (const sr::Unknown& lost) {
    if (request.writes()) throw;
    throw sr::Retry(lost.code(), lost.text());
  }
}

Schedule read_schedule(const sr::Call& call, const Request& request) {
  Schedule schedule;
  const auto duration = [&](const char* pointer) {
    return sr::duration_ms(text_at(call, request.json, pointer));
  };
  schedule.within_ms = std::max<std::int64_t>(duration("/within"), 0);
  if (duration("/every") > 0) schedule.every_ms = duration("/every");
  return schedule;
}

// A read that has time: what is wrong now may be right soon.
Answer poll_answer(sr::Call& call, sr::HttpRequest sent, const Request& request,
                   const Values& values, const Schedule& schedule) {
  Verdict verdict;
  const std::int64_t one_try_ms = sent.timeout_ms;
  const Polled polled = poll(call, schedule, one_try_ms, [&](std::int64_t timeout_ms) {
    sent.timeout_ms = timeout_ms;
    verdict = {};
    try {
      verdict = judge(call, request, values, exchange(call, sent, request));
      return verdict.fault;
    } catch (const sr::Retry& retry) {
      return retry.text();
    }
  });
  if (polled.fault.empty()) return verdict.answer;
  if (verdict.answer.status == 0) {
    throw sr::Retry("http.answer", request.shown() + ": " + polled.fault);
  }
  const std::string tries = polled.tries();
  verdict.fault = polled.fault + (tries.empty() ? "" : " (" + tries + ")");
  refuse_answer(request, verdict);
}

}  // namespace

std::string Request::shown() const { return method + " " + shown_url(url); }

std::vector<std::string> Request::needs(const sr::Call& call) const {
  std::vector<std::string> names = placeholders(url);
  const auto add = [&](const std::string& text) {
    for (std::string& name : placeholders(text)) names.push_back(std::move(name));
  };
  for (const char* pointer : {"/headers", "/body", "/json", "/form", "/expect"}) {
    // Their text as JSON: no escape of JSON's is a part of a placeholder.
    add(call.pick(json, pointer).value_or(""));
  }
  return names;
}

std::vector<std::pair<std::string, std::string>> Request::takes(const sr::Call& call) const {
  return call.members(call.pick(json, "/take").value_or("{}"));
}

std::vector<std::pair<std::string, std::string>> Request::captures(const sr::Call& call) const {
  return call.members(call.pick(json, "/capture").value_or("{}"));
}

std::vector<Request> read_chain(const sr::Call& call, const char* chain) {
  std::vector<Request> requests;
  for (std::string& json : json_items(call.config_or(std::string("/") + chain, "[]"))) {
    Request request;
    request.chain = chain;
    const std::string number = std::to_string(requests.size() + 1);
    request.id = std::string(chain) + "." + call.pick(json, "/name").value_or(number);
    request.method = call.pick(json, "/method").value_or("GET");
    request.url = text_at(call, json, "/url");
    request.probe = call.pick(json, "/probe") == "true";
    request.guard = call.pick(json, "/guard") == "true";
    request.json = std::move(json);
    requests.push_back(std::move(request));
  }
  return requests;
}

std::string place_of(const Request& request, std::size_t index) {
  return "/" + request.chain + "/" + std::to_string(index);
}

Verdict judge(const sr::Call& call, const Request& request, const Values& values, Answer answer) {
  const std::string expect = call.pick(request.json, "/expect").value_or("{}");
  const Expectation expected = Expectation::read(call, fill_json(call, expect, values));
  Verdict verdict;
  verdict.fault = expected.find_fault(call, answer);
  verdict.accepts_status = expected.accepts_status(answer.status);
  verdict.answer = std::move(answer);
  return verdict;
}

void send(sr::Call& call, const Request& request, Values& values) {
  const sr::HttpRequest sent = build(call, request, values);
  const Schedule schedule = read_schedule(call, request);
  if (schedule.within_ms > 0) {
    return take_values(call, request, poll_answer(call, sent, request, values, schedule), values);
  }
  const Verdict verdict = judge(call, request, values, exchange(call, sent, request));
  if (!verdict.fault.empty()) refuse_answer(request, verdict);
  take_values(call, request, verdict.answer, values);
}

void take_values(const sr::Call& call, const Request& request, const Answer& answer,
                 Values& values) {
  const auto missing = [&](const std::string& name, const std::string& place) {
    return sr::Failed("http.take",
                      request.shown() + ": its answer has no " + place + " for $(" + name + ")");
  };
  for (const auto& [name, place] : request.takes(call)) {
    const bool is_header = place.starts_with(kHeaderPrefix);
    auto value = is_header ? answer.header(call, place.substr(kHeaderPrefix.size()))
                           : find_json(call, answer.body, place);
    if (!value) throw missing(name, place);
    values[name] = {is_header ? sr::json_string(*value) : *std::move(value), false};
  }
  for (const auto& [label, place] : request.captures(call)) {
    const auto handle = call.pick(answer.event, "/captured/" + label);
    if (!handle) throw missing(label, place);
    values[label] = {sr::json_string(*handle), true};
  }
}

}  // namespace http
