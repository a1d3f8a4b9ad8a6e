#include "core/broker/played_transport.h"

namespace stagerun {
namespace {

// An answer's headers are arrays of texts by name.
void add_headers(HttpAnswer& answer, const Value& response) {
  const Value* headers = response.find("headers");
  if (headers == nullptr || headers->members() == nullptr) return;
  for (const auto& [name, values] : *headers->members()) {
    if (values.items() == nullptr) continue;
    for (const Value& value : *values.items()) {
      if (value.text() != nullptr) answer.headers.emplace_back(name, *value.text());
    }
  }
}

}  // namespace

PlayedTransport::PlayedTransport(Loop& loop, const Value& response) : loop_(loop) {
  answer_.sent = true;
  answer_.status = static_cast<int>(response.integer_or("status", 200));
  answer_.body = response.text_or("body");
  answer_.body_bytes = static_cast<std::int64_t>(answer_.body.size());
  add_headers(answer_, response);
}

std::uint64_t PlayedTransport::send(const HttpRequest&, Done done) {
  sending_ = loop_.after(0, [this, done = std::move(done)] { done(answer_); });
  return 1;
}

void PlayedTransport::drop(std::uint64_t) { loop_.cancel(sending_); }

}  // namespace stagerun
