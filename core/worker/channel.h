// Channel: the worker's end of the control socket and of the cancel pipe. Where the host is gone,
// every call here ends the process: there is nobody left to work for.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "core/base/wire.h"

namespace stagerun {

class Channel {
 public:
  // Owns neither descriptor.
  Channel(int socket, int cancel_pipe) : socket_(socket), cancel_pipe_(cancel_pipe) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Sends now, after whatever is waiting to be sent. Any thread.
  void send(const wire::Message& message);
  // Keeps the message until the next send or flush, or until 64 KiB wait. Any thread.
  void put(const wire::Message& message);
  void flush();

  enum class Heard { message, cancelled, nothing };
  // The next message; `cancelled` where heed_cancel is set and the host has cancelled; `nothing`
  // after timeout_ms (-1: never). One thread only.
  Heard wait(wire::Message& message, std::int64_t timeout_ms, bool heed_cancel);

  // True once the host has cancelled. The byte stays in the pipe: the plugin may poll it too.
  // Any thread.
  bool is_cancelled() const;
  int cancel_pipe() const { return cancel_pipe_; }

 private:
  bool take(wire::Message& message);
  void read_some();
  void write_waiting();

  const int socket_;
  const int cancel_pipe_;
  wire::Decoder decoder_;
  std::mutex mutex_;  // of waiting_ and of the order on the socket
  std::string waiting_;
};

}  // namespace stagerun
