#include "core/broker/http_request.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/broker/form.h"
#include "core/broker/scratch_file.h"

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
  if (http.reads() && http.carries_body()) return malformed("GET and HEAD have no `body`");
  if (http.body && !http.body_file.empty()) return malformed("either `body` or `body_file`");
  return {};
}

bool is_label(const std::string& text) {
  return !text.empty() && text.size() <= limits::kNameBytes &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string::npos;
}

Status check_captures(const HttpRequest& http) {
  for (const auto& [label, pointer] : http.captures) {
    if (!is_label(label)) return malformed(fmt::format("`capture` has the label `{}`", label));
    if (!pointer.empty() && pointer.front() != '/') {
      return malformed(fmt::format("`capture` of {} must be a JSON pointer", label));
    }
  }
  if (!http.captures.empty() && !http.to_file.empty()) {
    return malformed("what goes `to_file` is not looked at, so nothing can be captured of it");
  }
  return {};
}

Result<std::string> parse_scratch(const Form& form, std::string_view member) {
  TRY_ASSIGN(std::string name, form.text(member, ""));
  if (form.has(member) && !is_scratch_name(name)) {
    return malformed(fmt::format("`{}` must be a plain name in the scratch folder", member));
  }
  return name;
}

Status parse_files(const Form& form, HttpRequest& http) {
  TRY_ASSIGN(http.body, form.payload("body"));
  TRY_ASSIGN(http.body_file, parse_scratch(form, "body_file"));
  TRY_ASSIGN(http.to_file, parse_scratch(form, "to_file"));
  TRY_ASSIGN(http.ca_file, form.text("ca_file", ""));
  TRY_ASSIGN(http.captures, form.pairs("capture"));
  return check_captures(http);
}

bool follows_elsewhere(const std::string& name) {
  constexpr std::array kNames = {"accept", "accept-language", "content-type", "user-agent"};
  return std::find(kNames.begin(), kNames.end(), ascii_lower(name)) != kNames.end();
}

}  // namespace

Result<HttpRequest> parse_http(const Value& request) {
  const Form form(request);
  TRY(form.only({"method", "url", "headers", "body", "body_file", "to_file", "capture", "probe",
                 "ca_file", "timeout_ms", "max_bytes", "redirects"}));
  HttpRequest http;
  TRY_ASSIGN(http.method, form.text("method", "GET"));
  TRY_ASSIGN(http.url, form.text("url", ""));
  TRY_ASSIGN(http.target, parse_url(http.url));
  TRY_ASSIGN(http.headers, form.pairs("headers"));
  TRY(parse_files(form, http));
  // Who probes is asked where it counts: what is a read.
  TRY(form.flag("probe"));
  TRY_ASSIGN(http.timeout_ms,
             form.whole("timeout_ms", limits::kHttpTimeout, 1, limits::kTimeoutMax));
  constexpr auto kMost = static_cast<std::int64_t>(limits::kBodyBytes);
  const std::int64_t most = http.to_file.empty() ? kMost : std::numeric_limits<std::int64_t>::max();
  TRY_ASSIGN(http.max_bytes, form.whole("max_bytes", kMost, 0, most));
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
    request.body_file.clear();
    request.body_fd = -1;
  }
  const bool elsewhere =
      target.authority != request.target.authority || target.secure != request.target.secure;
  if (elsewhere && request.body && request.has_secret_body) {
    return malformed("it leads elsewhere, and the body holds a secret");
  }
  if (elsewhere) {
    std::erase_if(request.headers, [&](const auto& header) {
      const auto& secret = request.secret_headers;
      return !follows_elsewhere(header.first) ||
             std::find(secret.begin(), secret.end(), header.first) != secret.end();
    });
  }
  request.url = url;
  request.target = std::move(target);
  --request.redirects;
  return request;
}

}  // namespace stagerun
