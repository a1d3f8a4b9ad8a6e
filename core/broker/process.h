// process/1: one program, from its start to the end of its direct child.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/base/fd.h"
#include "core/base/loop.h"
#include "core/base/spawn.h"
#include "core/broker/effect.h"
#include "core/broker/input.h"
#include "core/broker/output.h"
#include "core/broker/process_request.h"

namespace stagerun {

class ProcessEffect final : public Effect {
 public:
  ProcessEffect(EffectPlace& place, ProcessRequest request);
  // Kills what still runs: nothing of it outlives its effect.
  ~ProcessEffect() override;

  void launch() override;
  void cancel(bool at_once) override;
  void write(const std::string& bytes) override;
  void signal(int number) override;
  void pause(bool paused) override;

 private:
  struct Stream;

  Status start();
  Status open_streams(SpawnOptions& options, std::vector<Fd>& theirs);
  Status add_stream(const std::string& name, int number, SpawnOptions& options,
                    std::vector<Fd>& theirs);
  Status add_input(SpawnOptions& options, std::vector<Fd>& theirs);
  void watch();
  void take_line(const std::string& stream, const std::string& line);
  void read(Stream& stream);
  void drain(Stream& stream);
  void close(Stream& stream);
  void on_exit();
  void settle(int code, int status);
  bool has_ended() const;
  void kill_group(int number);
  void give_up(std::string_view code, std::string_view text);

  EffectPlace& place_;
  ProcessRequest request_;
  std::vector<std::unique_ptr<Stream>> streams_;
  Input input_;
  Tail tail_;
  pid_t pid_ = 0;  // set from the start to the reaping: while it is, the number is nobody else's
  Fd pidfd_;
  Loop::TimerId grace_ = 0;
  bool cancelled_ = false;
  std::optional<Value> failure_;  // why we killed it
};

}  // namespace stagerun
