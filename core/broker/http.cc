#include "core/broker/http.h"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/broker/access.h"
#include "core/broker/http_answer.h"
#include "core/broker/scratch_file.h"
#include "core/broker/workspace_file.h"

namespace stagerun {
namespace {

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
  if (const Status opened = open_files(); !opened) {
    return fail("http.request", opened.error().text);
  }
  const Result<HttpTransport*> transport = place_.http();
  if (!transport) return fail("http.request", transport.error().text);
  transport_ = *transport;
  send();
}

Status HttpEffect::open_files() {
  if (!request_.body_file.empty()) {
    TRY_ASSIGN(body_file_, open_in_scratch(place_.scratch, request_.body_file));
    struct stat info {};
    if (::fstat(body_file_.get(), &info) != 0) return errno_error("cannot read the body", errno);
    request_.body_fd = body_file_.get();
    request_.body_fd_bytes = info.st_size;
  }
  if (!request_.to_file.empty()) {
    TRY_ASSIGN(to_file_, create_in_scratch(place_.scratch, request_.to_file));
    request_.answer_fd = to_file_.get();
  }
  if (!request_.ca_file.empty()) {
    TRY_ASSIGN(request_.trusted,
               read_workspace_file(place_, request_.ca_file, limits::kSettingsBytes));
    if (request_.trusted.empty()) {
      return Error{ErrorCode::usage, request_.ca_file + " is empty", ""};
    }
  }
  return {};
}

void HttpEffect::send() {
  sending_ = transport_->send(request_, [this](HttpAnswer answer) { take(std::move(answer)); });
}

void HttpEffect::take(HttpAnswer answer) {
  sent_ = sent_ || answer.sent;
  if (!answer.failure.empty()) return fail(answer.failure, answer.text);
  if (is_redirect(answer) && request_.redirects > 0) return follow(answer);
  const std::int64_t elapsed_ms = place_.loop.clock().monotonic_ms() - started_ms_;
  place_.host.end(response_event(place_, request_, std::move(answer), elapsed_ms));
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
  // What came with the redirect is not the answer.
  if (to_file_ &&
      (::ftruncate(to_file_.get(), 0) != 0 || ::lseek(to_file_.get(), 0, SEEK_SET) != 0)) {
    return fail("http.request", "cannot empty " + request_.to_file);
  }
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
