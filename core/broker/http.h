// http/1: one request, one answer.
#pragma once

#include "core/base/fd.h"
#include "core/broker/effect.h"
#include "core/broker/http_request.h"
#include "core/broker/http_transport.h"

namespace stagerun {

class HttpEffect final : public Effect {
 public:
  HttpEffect(EffectPlace& place, HttpRequest request)
      : place_(place), request_(std::move(request)) {}
  ~HttpEffect() override;

  void launch() override;
  void cancel(bool at_once) override;

 private:
  Status open_files();
  void send();
  void take(HttpAnswer answer);
  void follow(const HttpAnswer& answer);
  void fail(std::string_view code, std::string_view text);

  EffectPlace& place_;
  HttpRequest request_;
  Fd body_file_;
  Fd to_file_;
  HttpTransport* transport_ = nullptr;
  std::uint64_t sending_ = 0;
  bool sent_ = false;  // bytes have left us, of the first request or of one that followed it
  std::int64_t started_ms_ = 0;
  std::int64_t deadline_ms_ = 0;
};

}  // namespace stagerun
