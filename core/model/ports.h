// The ports: what run and broker call, and journal, broker and link implement. Only cli wires them.
// Everything here runs on the loop's thread; no call blocks but Journal::sync.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/value.h"
#include "core/model/plan.h"
#include "core/model/run_event.h"
#include "core/model/run_state.h"

namespace stagerun {

// -- Journal: where events go, in order. --------------------------------------------------------

class Journal {
 public:
  virtual ~Journal() = default;
  // Records the event. It survives the host's death once the turn ends, the machine's after sync().
  virtual Status append(const EventBody& body) = 0;
  // Returns once everything appended so far is durable.
  virtual Status sync() = 0;
};

// -- Effects: what the broker does for one verb. ------------------------------------------------

// What one verb may do, and where. Owned by the caller; must outlive the verb's effects.
struct EffectScope {
  std::string stage;
  Verb verb{};
  std::uint32_t attempt = 0;
  std::string key;  // of the verb; effects add "/ID"
  Grants grants;
  bool needs_baseline = true;  // apply of a stage that can go back
  bool has_baseline = false;   // set by the caller when a checkpoint was saved
  bool reads_only = false;     // SR_READS_ONLY: no write in any verb
  // Names of the secrets whose handles it may use; with the stages' own captured ones, for
  // "STAGE:LABEL" where it is given one by an output.
  std::vector<std::string> secrets;
  std::filesystem::path workspace;
  std::filesystem::path scratch;
  std::vector<ServiceState> services;  // that this stage left running earlier
};

// Receives the events of a verb's effects. Event documents are those of docs/effects.md.
class EffectSink {
 public:
  virtual ~EffectSink() = default;
  // `last`: no more events for this ticket.
  virtual void on_effect_event(std::uint32_t ticket, const Value& event, bool last) = 0;
  // A line of a process' output that goes to the log and not to the plugin.
  virtual void on_effect_log(const std::string& stream, const std::string& line) = 0;
  // True while the receiver cannot keep up; asked once a turn.
  virtual bool is_congested() const = 0;
  // The journal failed: nothing more can be let through. Called at most once.
  virtual void on_journal_lost(const Error& error) = 0;
};

class Effects {
 public:
  virtual ~Effects() = default;
  // Starts one effect. Every answer, refusals too, is an event to `sink`, never before this
  // returns. Tickets are the sink's own and distinct.
  virtual void start(const EffectScope& scope, EffectSink& sink, std::uint32_t ticket,
                     const std::string& kind, const Value& request) = 0;
  // To a process' input; no bytes close it. Unknown tickets are ignored: the effect may have ended.
  virtual void write(EffectSink& sink, std::uint32_t ticket, const std::string& bytes) = 0;
  virtual void signal(EffectSink& sink, std::uint32_t ticket, int number) = 0;
  // Ends one effect: a process gets TERM, grace, KILL. Its last event follows.
  virtual void cancel(EffectSink& sink, std::uint32_t ticket) = 0;
  // Ends all of them; `at_once` skips the grace. They are gone when under_way() is 0.
  virtual void cancel_all(EffectSink& sink, bool at_once) = 0;
  virtual std::size_t under_way(const EffectSink& sink) const = 0;
  // The sink's verb is over: what was remembered of it (which ids it used) is dropped, and nothing
  // is told to it any more. What is still under way is killed and stays without an outcome. To be
  // called before the sink is destroyed or serves another verb.
  virtual void forget(const EffectSink& sink) = 0;
};

// -- Director: who decides in a rehearsal what becomes of effects and verbs. --------------------

struct Direction {
  // Whether it happens; else it is only played: its events are told, and nothing is done.
  bool happens = true;
  std::vector<Value> events;  // of one that is played, as in docs/effects.md; the last is its end
  // Of one that happens: told in the place of its end, so that it was done and nobody knows.
  std::optional<Value> told;
  bool hangs = false;         // it is played, and never ends by itself
  std::int64_t takes_ms = 0;  // that pass over
};

// Asked on the loop's thread, and blocks it: in a rehearsal one thing happens at a time.
class Director {
 public:
  virtual ~Director() = default;
  // Of an effect that may be let through now; its intent is journaled.
  virtual Direction direct(const EffectIntended& intent) = 0;
  // Whether a verb that ended well is to fail all the same.
  virtual bool fails(const std::string& stage, Verb verb, std::uint32_t attempt) = 0;
  // The value that is made up for a secret.
  virtual std::string secret(const std::string& name) = 0;
  // Time passes: for timers, and for what says how long it takes.
  virtual void pass(std::int64_t ms) = 0;
};

// -- Verbs: what the link does: runs one verb in a worker. --------------------------------------

struct VerbCall {
  PluginRef plugin;
  std::string stage_type;  // the StageInfo's name
  Verb verb{};
  std::uint32_t attempt = 1;
  std::string run;
  std::string stage;
  std::string key;
  std::string config;   // JSON
  std::string context;  // JSON: {"inputs": {...}, "stages": {...}}
  std::string plan;
  std::string receipt;
  std::string checkpoint;
  std::string pending;  // JSON, docs/abi.md
  std::string settled;  // JSON, docs/abi.md
  std::string workspace;
  std::string scratch;
  std::int64_t timeout_ms = -1;
};

struct VerbEnd {
  VerbStatus status{};
  std::string result;
  std::string death;  // how the worker ended, where status is died or timed_out
};

// Receives what a worker says while it runs a verb. Everything in it is untrusted.
class VerbSink {
 public:
  virtual ~VerbSink() = default;
  virtual void on_log(int level, const std::string& text, const Value& fields) = 0;
  virtual void on_progress(std::int64_t done, std::int64_t total, const std::string& note) = 0;
  virtual void on_fail(Failure failure) = 0;
  virtual void on_diagnose(const std::string& pointer, Failure failure) = 0;
  // An output that the stage may not set makes the verb fail at its end.
  virtual void on_set(const std::string& name, const std::string& json) = 0;
  // To be answered with Verbs::answer.
  virtual void on_checkpoint(std::string state) = 0;
  virtual void on_note(std::string note) = 0;
  virtual void on_read_note(std::uint64_t index) = 0;
  virtual void on_start(std::uint32_t ticket, const std::string& kind,
                        const std::string& request) = 0;
  virtual void on_write(std::uint32_t ticket, const std::string& bytes) = 0;
  virtual void on_signal(std::uint32_t ticket, int number) = 0;
  virtual void on_cancel(std::uint32_t ticket) = 0;
  // The deadline has passed: the worker was told, and is killed after a grace.
  virtual void on_deadline() = 0;
  // The verb is over; nothing follows. The sink may be destroyed afterwards.
  virtual void on_end(VerbEnd end) = 0;
};

class Verbs {
 public:
  using Handle = std::uint64_t;
  virtual ~Verbs() = default;
  // Never calls the sink before it returns. `sink` must live until on_end.
  virtual Handle start(const VerbCall& call, VerbSink& sink) = 0;
  virtual void answer(Handle verb, std::int32_t status, const std::string& bytes) = 0;
  // `last`: the ticket is done with.
  virtual void event(Handle verb, std::uint32_t ticket, const Value& event, bool last) = 0;
  // Tells the plugin to stop; it is killed where it does not within the grace.
  virtual void cancel(Handle verb) = 0;
  virtual void kill(Handle verb) = 0;
  // Bytes that the worker has not taken yet.
  virtual std::size_t unread(Handle verb) const = 0;
};

}  // namespace stagerun
