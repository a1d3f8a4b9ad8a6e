#include "core/broker/http.h"

#include <map>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/broker/access.h"

namespace stagerun {
namespace {

// An object of arrays: a header may come more than once.
Value header_object(const HttpAnswer& answer) {
  std::map<std::string, Value::Array> by_name;
  for (const auto& [name, value] : answer.headers) by_name[name].emplace_back(value);
  Value::Object headers;
  for (auto& [name, values] : by_name) headers.emplace_back(name, Value(std::move(values)));
  return Value(std::move(headers));
}

bool is_redirect(const HttpAnswer& answer) {
  return answer.status >= 300 && answer.status < 400 && !answer.redirect.empty();
}

}  // namespace

HttpEffect::~HttpEffect() {
  if (transport_ != nullptr) transport_->drop(sending_);
}

void HttpEffect::launch() {
  started_ms_ = place_.loop.clock().monotonic_ms();
  deadline_ms_ = started_ms_ + request_.timeout_ms;
  const Result<HttpTransport*> transport = place_.http();
  if (!transport) return fail("http.request", transport.error().text);
  transport_ = *transport;
  send();
}

void HttpEffect::send() {
  sending_ = transport_->send(request_, [this](HttpAnswer answer) { take(std::move(answer)); });
}

void HttpEffect::take(HttpAnswer answer) {
  sent_ = sent_ || answer.sent;
  if (!answer.failure.empty()) return fail(answer.failure, answer.text);
  if (is_redirect(answer) && request_.redirects > 0) return follow(answer);
  Value event = Value::object().set("event", "response").set("status", Value(answer.status));
  event.set("headers", header_object(answer));
  if (is_utf8(answer.body)) {
    event.set("body", std::move(answer.body));
  } else {
    event.set("body_base64", to_base64(answer.body));
  }
  event.set("elapsed_ms", Value(place_.loop.clock().monotonic_ms() - started_ms_));
  place_.host.end(std::move(event));
}

// A place that the manifest does not name may not be reached by a detour either.
void HttpEffect::follow(const HttpAnswer& answer) {
  const std::int64_t left = deadline_ms_ - place_.loop.clock().monotonic_ms();
  Result<HttpRequest> next = redirected(request_, answer.status, answer.redirect);
  if (!next) return fail("http.request", "cannot follow the redirect: " + next.error().text);
  if (const auto refusal = refuse_host(place_.grants, next->target.authority)) {
    return fail("http.request", "cannot follow the redirect: " + refusal->text);
  }
  if (left <= 0) return fail("http.timeout", "no time is left for the redirect");
  request_ = *std::move(next);
  request_.timeout_ms = left;
  send();
}

void HttpEffect::fail(std::string_view code, std::string_view text) {
  const std::string where =
      fmt::format("{} {}: {}", request_.method, request_.target.authority, text);
  place_.host.end(failed_event(code, where, sent_ && place_.access == Access::write));
}

void HttpEffect::cancel(bool) {
  if (transport_ != nullptr) transport_->drop(sending_);
  place_.host.end(cancelled_event(place_.access == Access::write));
}

}  // namespace stagerun
