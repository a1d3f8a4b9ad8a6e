// PlayedTransport: in a rehearsal, one answer to whatever is sent; nothing leaves the machine.
#pragma once

#include "core/base/value.h"
#include "core/broker/http_transport.h"

namespace stagerun {

class PlayedTransport final : public HttpTransport {
 public:
  // `response`: an event as in docs/effects.md. `loop` must outlive it.
  PlayedTransport(Loop& loop, const Value& response);
  ~PlayedTransport() override { loop_.cancel(sending_); }

  std::uint64_t send(const HttpRequest& request, Done done) override;
  void drop(std::uint64_t id) override;

 private:
  Loop& loop_;
  HttpAnswer answer_;
  Loop::TimerId sending_ = 0;
};

}  // namespace stagerun
