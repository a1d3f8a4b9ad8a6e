// The form of an http/1 request (docs/effects.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/url.h"
#include "core/base/value.h"

namespace stagerun {

struct HttpRequest {
  std::string method;
  std::string url;
  Url target;  // of `url`
  std::vector<std::pair<std::string, std::string>> headers;
  std::optional<std::string> body;
  std::int64_t timeout_ms = 0;
  std::int64_t max_bytes = 0;
  std::int64_t redirects = 0;

  bool reads() const { return method == "GET" || method == "HEAD"; }
};

// The error's text says what is wrong with the request.
Result<HttpRequest> parse_http(const Value& request);

// What `request` becomes when it is answered with a redirect to `url`. Credentials and the like do
// not follow to another place. An error where it may not be followed.
Result<HttpRequest> redirected(HttpRequest request, int status, const std::string& url);

}  // namespace stagerun
