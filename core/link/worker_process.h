// WorkerProcess: one stagerun-worker and the socket to it. Sends and receives whole messages
// without ever blocking; says once when the process is gone, and why. Loop's thread only.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/bounds.h"
#include "core/base/fd.h"
#include "core/base/linux.h"
#include "core/base/loop.h"
#include "core/base/result.h"
#include "core/base/wire.h"

namespace stagerun {

class WorkerProcess {
 public:
  struct Handlers {
    std::function<void(const wire::Message&)> message;
    // The process is gone and reaped; the text says how: "was killed by signal 11 (Segmentation
    // fault)". Nothing follows. The worker may be destroyed in it.
    std::function<void(const std::string& how)> gone;
  };

  // Spawns `program` for the plugin. `bounds`: where it works; none to be asked what it offers.
  // `children_lock`: a descriptor that the worker inherits, or -1.
  static Result<std::unique_ptr<WorkerProcess>> spawn(Loop& loop,
                                                      const std::filesystem::path& program,
                                                      const std::filesystem::path& plugin,
                                                      const std::optional<Bounds>& bounds,
                                                      int children_lock);
  // Kills what still runs, without a word to the handlers.
  ~WorkerProcess();

  // Must be set before the loop runs again.
  void set_handlers(Handlers handlers) { handlers_ = std::move(handlers); }

  void send(const wire::Message& message);
  // Makes cancel_fd readable.
  void cancel();
  // `why` is then how it ended, in the words of `gone`; "" leaves that to the signal.
  void kill(const std::string& why = "");
  // No further verb: it ends by itself when it sees the socket closed.
  void dismiss();

  std::size_t unsent() const { return outgoing_.size(); }
  // The end of what it wrote to stdout and stderr, for the message about its death.
  const std::string& output_tail() const { return tail_; }
  // The most memory that it ever had at once; 0 while it runs.
  std::size_t peak_bytes() const { return peak_bytes_; }

 private:
  WorkerProcess(Loop& loop, pid_t pid, Fd socket, Fd cancel, Fd output);
  void on_socket();
  void on_silence();
  bool read_socket();  // false: nothing more for now
  void hand_on_messages();
  void write_socket();
  void read_output();
  void on_exit();
  void close_socket();
  void fail(const std::string& why);

  Loop& loop_;
  pid_t pid_;
  Fd pidfd_;
  Fd socket_;
  Fd cancel_;
  Fd output_;
  Handlers handlers_;
  Loop::TimerId silence_ = 0;
  wire::Decoder decoder_;
  std::string outgoing_;
  std::string tail_;
  std::string failure_;  // why we killed it, if we did
  std::size_t peak_bytes_ = 0;
};

}  // namespace stagerun
