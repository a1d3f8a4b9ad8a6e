// HttpTransport: sends one HTTP request and collects one answer, on the loop. All of HTTP that the
// broker knows is behind it, so that the library which does it can be opened on first use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/loop.h"
#include "core/broker/http_request.h"

namespace stagerun {

struct HttpAnswer {
  std::string failure;  // empty, or the code of docs/effects.md
  std::string text;     // of the failure
  bool sent = false;    // bytes of the request have left us
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::int64_t body_bytes = 0;  // of the body, wherever it went
  // Over TLS: when the first of the server's certificates expires, in seconds since 1970; else 0.
  std::int64_t expires_s = 0;
  std::string redirect;  // where a 3xx leads, absolute; empty where nowhere
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  using Done = std::function<void(HttpAnswer)>;
  // Calls `done` once, never before it returns, unless dropped before.
  virtual std::uint64_t send(const HttpRequest& request, Done done) = 0;
  virtual void drop(std::uint64_t id) = 0;
};

// How both sides of the door see what goes through it: a module of another build is turned away.
struct HttpLayout {
  std::size_t loop = sizeof(Loop);
  std::size_t request = sizeof(HttpRequest);
  std::size_t answer = sizeof(HttpAnswer);

  friend bool operator==(const HttpLayout&, const HttpLayout&) = default;
};

// What stagerun-http.so exports: null where the layout is another, or libcurl cannot be set up.
inline constexpr const char* kOpenHttpTransport = "stagerun_open_http_transport";
using OpenHttpTransport = HttpTransport* (*)(Loop& loop, const HttpLayout& layout);

// Over libcurl, which is loaded now. `loop` must outlive it.
Result<std::unique_ptr<HttpTransport>> open_http_transport(Loop& loop);

}  // namespace stagerun
