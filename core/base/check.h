// CHECK: what must be true if stagerun itself is right. Prints where and aborts; never compiled
// out. The journal is what makes an abort safe: it is one more kill at any moment.
#pragma once

namespace stagerun {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace stagerun

#define CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::stagerun::check_failed(#expression, __FILE__, __LINE__))
