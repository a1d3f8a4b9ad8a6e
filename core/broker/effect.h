// Effect: one effect of any kind that may be let through; and what it may ask of the broker.
// An effect never calls its host from its constructor, from cancel(), write() or signal(), but for
// end(), which only takes note.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/value.h"
#include "core/broker/secret_store.h"
#include "core/model/outcome.h"
#include "core/model/plan.h"
#include "core/model/run_state.h"

namespace stagerun {

class HttpTransport;
class Loop;
class ServiceChildren;
struct ProcessId;

// How one effect speaks to its verb and to the journal. Outlives the effect.
class EffectHost {
 public:
  virtual ~EffectHost() = default;
  // An event that is not the last.
  virtual void say(const Value& event) = 0;
  virtual void log(const std::string& stream, const std::string& line) = 0;
  // The last event. It is told at the end of the turn; until then the effect stays as it is. The
  // first one counts.
  virtual void end(Value outcome) = 0;
  // Records that a process exists. `durable` waits until it is on disk.
  virtual Status record_process(const ProcessId& process, bool leaves_running, bool durable) = 0;
};

// Where an effect happens. Owned by the broker; the references outlive the effect.
struct EffectPlace {
  Loop& loop;
  EffectHost& host;
  ServiceChildren& service_children;
  // Opened on first use: programs that need no HTTP do not load it.
  std::function<Result<HttpTransport*>()> http;
  SecretStore& secrets;
  const std::vector<std::string>& environment;
  std::filesystem::path run_folder;
  int children_lock_fd = -1;
  std::string stage;
  std::string id;
  Access access{};
  Grants grants;
  SecretGrants secret_grants;
  std::filesystem::path workspace;
  std::filesystem::path scratch;
  std::vector<ServiceState> services;
};

class Effect {
 public:
  virtual ~Effect() = default;
  // Lets it happen. Called once, after its intent is where it must be.
  virtual void launch() = 0;
  // Gives it up; called only after launch().
  virtual void cancel(bool at_once) = 0;
  // To a process; all else ignores it. May come before launch().
  virtual void write(const std::string& bytes) { static_cast<void>(bytes); }
  virtual void signal(int number) { static_cast<void>(number); }
  // Whether the receiver can take more; asked once a turn.
  virtual void pause(bool paused) { static_cast<void>(paused); }
};

// -- The last events that every kind shares (docs/effects.md). ----------------------------------

struct Refusal {
  std::string code;
  std::string text;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

Value refused_event(const Refusal& refusal);
Value failed_event(std::string_view code, std::string_view text, bool may_have_happened);
Value cancelled_event(bool may_have_happened);

}  // namespace stagerun
