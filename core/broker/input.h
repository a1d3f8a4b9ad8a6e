// Input: a process' standard input, fed without blocking.
#pragma once

#include <string>
#include <string_view>

#include "core/base/fd.h"
#include "core/base/loop.h"

namespace stagerun {

class Input {
 public:
  // `loop` must outlive the input.
  explicit Input(Loop& loop) : loop_(loop) {}
  ~Input() { close(); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // The pipe's end, non-blocking; what was added before is written now.
  void open(Fd pipe);
  // No bytes: the end of the input. False where more is unread than limits::kInputBytes.
  bool add(std::string_view bytes);
  void close();

 private:
  void flush();

  Loop& loop_;
  Fd pipe_;
  std::string unread_;
  bool ending_ = false;  // to be closed once all is written
  bool gone_ = false;    // nobody reads any more
};

}  // namespace stagerun
