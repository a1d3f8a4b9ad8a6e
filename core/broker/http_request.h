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
  std::string body_file;                                      // a name in the scratch folder
  std::string to_file;                                        // likewise
  std::vector<std::pair<std::string, std::string>> captures;  // label and JSON pointer
  std::string ca_file;                                        // in the workspace
  std::int64_t timeout_ms = 0;
  std::int64_t max_bytes = 0;
  std::int64_t redirects = 0;

  // What holds a secret's value; set by whoever has seen the handles.
  bool has_secret_body = false;
  std::vector<std::string> secret_headers;

  // What the files are once they are open; not owned.
  int body_fd = -1;
  std::int64_t body_fd_bytes = 0;
  int answer_fd = -1;
  std::string trusted;  // certificates as PEM, instead of the system's

  bool carries_body() const { return body.has_value() || !body_file.empty(); }
  bool reads() const { return method == "GET" || method == "HEAD"; }
};

// The error's text says what is wrong with the request.
Result<HttpRequest> parse_http(const Value& request);

// What `request` becomes when it is answered with a redirect to `url`. Credentials and the like do
// not follow to another place. An error where it may not be followed: out of TLS, or with a secret
// in its body to another place.
Result<HttpRequest> redirected(HttpRequest request, int status, const std::string& url);

}  // namespace stagerun
