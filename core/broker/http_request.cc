#include "core/broker/http_request.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/broker/form.h"

namespace stagerun {
namespace {

// RFC 9110, section 5.6.2.
bool is_token(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

// They say where a message ends; whoever could set them could put a second one behind it.
bool is_framing(const std::string& name) {
  constexpr std::array kNames = {"connection", "content-length",    "expect",  "te",
                                 "trailer",    "transfer-encoding", "upgrade", "http2-settings"};
  return std::find(kNames.begin(), kNames.end(), ascii_lower(name)) != kNames.end();
}

Status check_headers(const HttpRequest& http) {
  for (const auto& [name, value] : http.headers) {
    if (!is_token(name) || is_framing(name)) {
      return malformed(fmt::format("`headers` has the name `{}`", name));
    }
    const bool clean = std::none_of(value.begin(), value.end(), [](char c) {
      return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == 0x7F;
    });
    if (!clean) return malformed(fmt::format("the header {} holds control characters", name));
  }
  return {};
}

Status check_method(const HttpRequest& http) {
  const bool upper = std::all_of(http.method.begin(), http.method.end(),
                                 [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!upper || http.method.empty() || http.method.size() > 16 || http.method == "CONNECT") {
    return malformed("`method` must be a method of HTTP in capitals");
  }
  if (http.reads() && http.body) return malformed("GET and HEAD have no `body`");
  return {};
}

bool follows_elsewhere(const std::string& name) {
  constexpr std::array kNames = {"accept", "accept-language", "content-type", "user-agent"};
  return std::find(kNames.begin(), kNames.end(), ascii_lower(name)) != kNames.end();
}

}  // namespace

Result<HttpRequest> parse_http(const Value& request) {
  const Form form(request);
  TRY(form.only({"method", "url", "headers", "body", "timeout_ms", "max_bytes", "redirects"}));
  HttpRequest http;
  TRY_ASSIGN(http.method, form.text("method", "GET"));
  TRY_ASSIGN(http.url, form.text("url", ""));
  TRY_ASSIGN(http.target, parse_url(http.url));
  TRY_ASSIGN(http.headers, form.pairs("headers"));
  const Value* body = request.find("body");
  if (body != nullptr && body->text() == nullptr) return malformed("`body` must be a string");
  if (body != nullptr) http.body = *body->text();
  TRY_ASSIGN(http.timeout_ms,
             form.whole("timeout_ms", limits::kHttpTimeout, 1, limits::kTimeoutMax));
  constexpr auto kMost = static_cast<std::int64_t>(limits::kBodyBytes);
  TRY_ASSIGN(http.max_bytes, form.whole("max_bytes", kMost, 0, kMost));
  TRY_ASSIGN(http.redirects, form.whole("redirects", 0, 0, limits::kRedirects));
  TRY(check_method(http));
  TRY(check_headers(http));
  return http;
}

Result<HttpRequest> redirected(HttpRequest request, int status, const std::string& url) {
  TRY_ASSIGN(Url target, parse_url(url));
  if (request.target.secure && !target.secure) return malformed("it leads from https to http");
  // As every client does it: a 303, or a POST that has moved, is asked for with GET.
  if (status == 303 || ((status == 301 || status == 302) && request.method == "POST")) {
    request.method = request.method == "HEAD" ? "HEAD" : "GET";
    request.body.reset();
  }
  const bool elsewhere =
      target.authority != request.target.authority || target.secure != request.target.secure;
  if (elsewhere) {
    std::erase_if(request.headers,
                  [](const auto& header) { return !follows_elsewhere(header.first); });
  }
  request.url = url;
  request.target = std::move(target);
  --request.redirects;
  return request;
}

}  // namespace stagerun
