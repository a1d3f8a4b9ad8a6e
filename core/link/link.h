// Link: the host's half of the worker protocol. Starts workers, keeps them warm, runs verbs in
// them, watches their deadlines and ends them. Never loads a plugin itself. Loop's thread only.
#pragma once

#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/base/bounds.h"
#include "core/base/loop.h"
#include "core/link/plugin_file.h"
#include "core/link/worker_process.h"
#include "core/model/ports.h"

namespace stagerun {

class Link final : public Verbs {
 public:
  // `worker` is the stagerun-worker program. `loop` must outlive the link.
  Link(Loop& loop, std::filesystem::path worker);
  // Kills the workers that are left.
  ~Link() override;

  // From now on every worker inherits this descriptor, the run's children lock; warm ones that do
  // not hold it are let go. Does not own it.
  void inherit(int children_lock);

  // From now on every worker works in these folders, which need not be absolute; warm ones of
  // before are let go. Without it a worker can only be asked what its plugin offers.
  void allow(const Bounds& bounds);

  // Called once, when the first worker says that this kernel has no Landlock.
  void on_unenforced(std::function<void()> handler) { unenforced_ = std::move(handler); }

  // Loads the plugin in a worker and says what it offers. Runs the loop until that is known.
  Result<PluginInfo> describe(const std::filesystem::path& plugin);

  Handle start(const VerbCall& call, VerbSink& sink) override;
  void answer(Handle verb, std::int32_t status, const std::string& bytes) override;
  void event(Handle verb, std::uint32_t ticket, const Value& event, bool last) override;
  void cancel(Handle verb) override;
  void kill(Handle verb) override;
  std::size_t unread(Handle verb) const override;

 private:
  struct Worker;

  Result<Worker*> hire(const std::filesystem::path& plugin, const std::string& digest);
  void let_go_of_idle();
  void let_go_of_stale(const PartsWatch::Parts& parts);
  Worker* find_idle(const PluginRef& plugin);
  Worker* find(Handle verb) const;
  void begin(Worker& worker);
  void on_message(Worker& worker, const wire::Message& message);
  void on_loaded(Worker& worker, const wire::Message& message);
  void on_verb_message(Worker& worker, const wire::Message& message);
  void on_done(Worker& worker, const wire::Message& message);
  void on_resigned(Worker& worker);
  void on_gone(Worker& worker, const std::string& how);
  void on_deadline(Worker& worker);
  void end_after_grace(Worker& worker);
  void release(Worker& worker, bool reusable);
  void forget(Worker& worker);

  Loop& loop_;
  std::filesystem::path program_;
  int children_lock_ = -1;
  std::optional<Bounds> bounds_;
  const SystemClock clock_;          // files have their times from no other, whatever the loop's
  std::optional<PartsWatch> parts_;  // of bounds_; always there
  int terms_ = 0;  // counts inherit() and allow(): a worker serves only on those it was hired on
  std::function<void()> unenforced_;
  std::map<std::filesystem::path, PluginFile> examined_;
  Handle next_handle_ = 1;
  std::list<std::unique_ptr<Worker>> workers_;
  Loop::TurnEndId turn_end_;
  std::list<std::unique_ptr<Worker>> gone_;  // emptied at the turn's end: they may be on the stack
};

}  // namespace stagerun
