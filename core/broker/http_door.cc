// Opens stagerun-http.so, which holds libcurl, on first use.
#include "core/base/part.h"
#include "core/broker/http_transport.h"

namespace stagerun {
namespace {

Error unusable(Error error) { return std::move(error).within("HTTP cannot be spoken"); }

}  // namespace

Result<std::unique_ptr<HttpTransport>> open_http_transport(Loop& loop) {
  auto symbol = open_part("stagerun-http", kOpenHttpTransport);
  if (!symbol) return unusable(std::move(symbol).error());
  const auto open = reinterpret_cast<OpenHttpTransport>(*symbol);
  std::unique_ptr<HttpTransport> transport(open(loop, HttpLayout()));
  if (transport) return transport;
  return unusable(unusable_part("stagerun-http.so is of another build, or libcurl is unusable"));
}

}  // namespace stagerun
