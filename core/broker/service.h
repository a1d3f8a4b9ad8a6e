// Services: processes that outlive their stage on purpose. Each holds a lock file of the run for as
// long as it lives, and so is found again by any later host, journaled or not.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/base/fd.h"
#include "core/base/linux.h"
#include "core/base/loop.h"
#include "core/broker/effect.h"
#include "core/broker/process_request.h"

namespace stagerun {

// RUN/services/STAGE@ID.EXTENSION: `rollback` has another key than the `apply` that started it, so
// the name holds what both know.
std::filesystem::path service_file(const EffectPlace& place, const std::string& id,
                                   const std::string& extension);

// The running processes of the service that the effect `id` of this stage started.
std::vector<ProcessId> find_service(const EffectPlace& place, const std::string& id);

// Reaps services that end while we, their parent, still run.
class ServiceChildren {
 public:
  // `loop` must outlive it.
  explicit ServiceChildren(Loop& loop) : loop_(loop) {}
  ~ServiceChildren();
  ServiceChildren(const ServiceChildren&) = delete;
  ServiceChildren& operator=(const ServiceChildren&) = delete;

  void adopt(pid_t pid);

 private:
  void reap(pid_t pid);

  Loop& loop_;
  std::map<pid_t, Fd> pidfds_;
};

// Starts a service.
class ServiceEffect final : public Effect {
 public:
  ServiceEffect(EffectPlace& place, ProcessRequest request)
      : place_(place), request_(std::move(request)) {}
  void launch() override;
  void cancel(bool) override {}  // launch() has ended it already

 private:
  Result<pid_t> start();

  EffectPlace& place_;
  ProcessRequest request_;
};

// `alive`
class AliveEffect final : public Effect {
 public:
  AliveEffect(EffectPlace& place, std::string id) : place_(place), id_(std::move(id)) {}
  void launch() override;
  void cancel(bool) override {}

 private:
  EffectPlace& place_;
  std::string id_;
};

// `stop`: TERM, grace, KILL, until nothing of it is left.
class StopEffect final : public Effect {
 public:
  StopEffect(EffectPlace& place, ProcessRequest request)
      : place_(place), request_(std::move(request)) {}
  ~StopEffect() override { place_.loop.cancel(timer_); }
  void launch() override;
  void cancel(bool at_once) override;

 private:
  void look();
  void send(int signal, std::int64_t wait_ms);

  EffectPlace& place_;
  ProcessRequest request_;
  std::vector<ProcessId> left_;
  int signal_ = 0;  // the last that was sent
  std::int64_t deadline_ms_ = 0;
  Loop::TimerId timer_ = 0;
};

}  // namespace stagerun
