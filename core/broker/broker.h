// Broker: every effect goes through it. It decides what is a read, refuses what may not be, has the
// journal hold each intent before it is acted on, and lets one sync serve all writes of a turn.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/kill_points.h"
#include "core/base/loop.h"
#include "core/base/spawn.h"
#include "core/broker/effect.h"
#include "core/broker/effect_ids.h"
#include "core/broker/http_transport.h"
#include "core/broker/secret_store.h"
#include "core/broker/service.h"
#include "core/model/ports.h"

namespace stagerun {

struct BrokerOptions {
  std::filesystem::path run_folder;
  // The run's shared flock, close-on-exec here; each child that is no service gets it as its
  // descriptor 5. -1: none.
  int children_lock_fd = -1;
  // What processes inherit.
  std::vector<std::string> environment = own_environment();
  // Where the run's secrets are; must outlive the broker. Null: it knows none but those that
  // effects open, capture or make.
  SecretStore* secrets = nullptr;
  // Decides in a rehearsal what becomes of each effect; must outlive the broker. Null: all happens.
  Director* director = nullptr;
};

class Broker final : public Effects {
 public:
  // All of them must outlive the broker. Has SIGPIPE ignored in this process from now on.
  Broker(Loop& loop, Journal& journal, const KillPoints& kill_points, BrokerOptions options);
  // Kills what is under way, but services.
  ~Broker() override;
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  void start(const EffectScope& scope, EffectSink& sink, std::uint32_t ticket,
             const std::string& kind, const Value& request) override;
  void write(EffectSink& sink, std::uint32_t ticket, const std::string& bytes) override;
  void signal(EffectSink& sink, std::uint32_t ticket, int number) override;
  void cancel(EffectSink& sink, std::uint32_t ticket) override;
  void cancel_all(EffectSink& sink, bool at_once) override;
  std::size_t under_way(const EffectSink& sink) const override;
  void forget(const EffectSink& sink) override;

 private:
  class Running;
  using RunningPtr = std::shared_ptr<Running>;

  // What is known of the verb that a sink stands for.
  struct VerbRecord {
    std::string identity;  // another one: the sink serves a new verb
    EffectIds ids;
    std::vector<RunningPtr> running;
    bool told_lost = false;
  };

  VerbRecord& record_of(const EffectScope& scope, EffectSink& sink);
  std::optional<Refusal> admit(VerbRecord& record, const EffectScope& scope,
                               const std::string& kind, const Value& request, Running& running);
  RunningPtr find(EffectSink& sink, std::uint32_t ticket) const;
  void queue(RunningPtr running);
  static void give_up(Running& running, bool at_once);

  void end_turn();
  void sync_for(const std::deque<RunningPtr>& batch);
  void advance(const RunningPtr& running);
  void let_through(Running& running);
  void rehearse(Running& running);
  void settle(const RunningPtr& running);
  void lose(const Error& error);
  void tell_lost();
  void pause_congested();
  Result<HttpTransport*> http();

  Loop& loop_;
  Journal& journal_;
  const KillPoints& kill_points_;
  BrokerOptions options_;
  std::unique_ptr<SecretStore> own_secrets_;  // where none were given
  SecretStore& secrets_;
  ServiceChildren service_children_;
  std::unique_ptr<HttpTransport> http_;
  std::unordered_map<const EffectSink*, VerbRecord> records_;
  std::deque<RunningPtr> queue_;  // what the end of this turn has to look at, in order
  Loop::TimerId wake_ = 0;
  Loop::TimerId look_again_ = 0;
  std::optional<Error> lost_;  // why the journal can take no more
  Loop::TurnEndId turn_end_;
};

}  // namespace stagerun
