// RunEvent: everything that can happen in a run, as values. The only language between rooms: the
// engine says them, the journal keeps them, every report is a fold over them.
//
// Each event lists its members once, in fields(); the journal's reader and writer both follow it.
// A member's name here is its name on disk: never rename one (docs/journal-format.md). What was
// added after journals had been written stands in kAdded too: where it is absent it is as made.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/value.h"
#include "core/model/outcome.h"

namespace stagerun {

// Bytes that a plugin left; kept apart from text because they need not be UTF-8.
struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};

// What a verb said when it failed.
struct Failure {
  std::string code;
  std::string text;
  std::string hint;
  friend bool operator==(const Failure&, const Failure&) = default;
};

// The first of every journal: all that resume needs, so that it never reads an edited file.
struct RunStarted {
  static constexpr std::string_view kName = "run_started";
  std::string run;
  std::string version;        // of stagerun
  std::string pipeline_path;  // as given
  std::string pipeline_text;
  std::string workspace;
  std::string boot;          // this machine's boot id: pids mean nothing after another
  std::string environment;   // chosen with --environment, or ""
  std::string handle_key;    // what the run's handles end in
  std::int64_t at_once = 1;  // stages side by side
  Value inputs;
  Value surroundings;             // as in Plan
  Value plugins;                  // [{name, path, digest, version}]
  std::string by;                 // who began it: "rita@build-7"
  std::string from;               // chosen with --from, or ""
  std::vector<std::string> only;  // chosen with --only
  static constexpr std::array kAdded{"by", "from", "only"};
  static void fields(auto& self, auto&& field) {
    field("run", self.run);
    field("version", self.version);
    field("pipeline_path", self.pipeline_path);
    field("pipeline_text", self.pipeline_text);
    field("workspace", self.workspace);
    field("boot", self.boot);
    field("environment", self.environment);
    field("handle_key", self.handle_key);
    field("at_once", self.at_once);
    field("inputs", self.inputs);
    field("surroundings", self.surroundings);
    field("plugins", self.plugins);
    field("by", self.by);
    field("from", self.from);
    field("only", self.only);
  }
};

// A later host took the run over.
struct RunResumed {
  static constexpr std::string_view kName = "run_resumed";
  std::string command;  // "resume" or "rollback"
  std::string boot;
  std::string by = "";  // who took it over
  static constexpr std::array kAdded{"by"};
  static void fields(auto& self, auto&& field) {
    field("command", self.command);
    field("boot", self.boot);
    field("by", self.by);
  }
};

struct VerbStarted {
  static constexpr std::string_view kName = "verb_started";
  std::string stage;
  Verb verb{};
  std::uint32_t attempt = 0;
  static void fields(auto& self, auto&& field) {
    field("stage", self.stage);
    field("verb", self.verb);
    field("attempt", self.attempt);
  }
};

struct VerbEnded {
  static constexpr std::string_view kName = "verb_ended";
  std::string stage;
  Verb verb{};
  std::uint32_t attempt = 0;
  VerbStatus status{};
  Failure failure;  // why, where it is not a success
  Bytes result;     // plan: the plan; apply: the receipt
  Value outputs;    // an object where status is ok or unchanged
  static void fields(auto& self, auto&& field) {
    field("stage", self.stage);
    field("verb", self.verb);
    field("attempt", self.attempt);
    field("status", self.status);
    field("failure", self.failure);
    field("result", self.result);
    field("outputs", self.outputs);
  }
};

struct CheckpointSaved {
  static constexpr std::string_view kName = "checkpoint_saved";
  std::string stage;
  Bytes state;
  static void fields(auto& self, auto&& field) {
    field("stage", self.stage);
    field("state", self.state);
  }
};

struct NoteAdded {
  static constexpr std::string_view kName = "note_added";
  std::string stage;
  Bytes note;
  static void fields(auto& self, auto&& field) {
    field("stage", self.stage);
    field("note", self.note);
  }
};

// Before a write effect is let through this is on disk, synced. Reads are recorded without a sync.
struct EffectIntended {
  static constexpr std::string_view kName = "effect_intended";
  std::string stage;
  Verb verb{};
  std::uint32_t attempt = 0;
  std::string id;   // unique within the verb; the plugin's own, or "N"
  std::string key;  // idempotency key: the same on every attempt
  std::string kind;
  std::string purpose;
  Access access{};
  Value request;
  static void fields(auto& self, auto&& field) {
    field("stage", self.stage);
    field("verb", self.verb);
    field("attempt", self.attempt);
    field("id", self.id);
    field("key", self.key);
    field("kind", self.kind);
    field("purpose", self.purpose);
    field("access", self.access);
    field("request", self.request);
  }
};

// A process exists. How resume finds it, should its host be gone.
struct ProcessStarted {
  static constexpr std::string_view kName = "process_started";
  std::string stage;
  std::string key;  // of its effect
  std::int64_t pid = 0;
  std::int64_t start_ticks = 0;
  bool leaves_running = false;
  static void fields(auto& self, auto&& field) {
    field("stage", self.stage);
    field("key", self.key);
    field("pid", self.pid);
    field("start_ticks", self.start_ticks);
    field("leaves_running", self.leaves_running);
  }
};

// The last event of an effect, as the plugin saw it (an exit, a response, a refusal).
struct EffectSettled {
  static constexpr std::string_view kName = "effect_settled";
  std::string stage;
  Verb verb{};
  std::uint32_t attempt = 0;
  std::string id;
  Value outcome;
  static void fields(auto& self, auto&& field) {
    field("stage", self.stage);
    field("verb", self.verb);
    field("attempt", self.attempt);
    field("id", self.id);
    field("outcome", self.outcome);
  }
};

struct StageSettled {
  static constexpr std::string_view kName = "stage_settled";
  std::string stage;
  StageResult result{};
  std::string reason;  // "" where it went well
  static void fields(auto& self, auto&& field) {
    field("stage", self.stage);
    field("result", self.result);
    field("reason", self.reason);
  }
};

// From here on only rollback.
struct RollbackStarted {
  static constexpr std::string_view kName = "rollback_started";
  std::string reason;
  bool manual = false;  // asked for by `stagerun rollback`: `rollback = "manual"` stages too
  std::string to;       // only what began after this stage, where it is named
  std::string only;     // only this stage, where it is named
  static void fields(auto& self, auto&& field) {
    field("reason", self.reason);
    field("manual", self.manual);
    field("to", self.to);
    field("only", self.only);
  }
};

// The way forward is over, well or by policy: from here on only the undoing of the stages with
// `rollback = "always"`.
struct ClosingStarted {
  static constexpr std::string_view kName = "closing_started";
  static void fields(auto&, auto&&) {}
};

struct StageRolledBack {
  static constexpr std::string_view kName = "stage_rolled_back";
  std::string stage;
  UndoResult result{};
  std::string reason;
  static void fields(auto& self, auto&& field) {
    field("stage", self.stage);
    field("result", self.result);
    field("reason", self.reason);
  }
};

struct CancelRequested {
  static constexpr std::string_view kName = "cancel_requested";
  int signal = 0;
  static void fields(auto& self, auto&& field) { field("signal", self.signal); }
};

// The run is over for now. 7 and 9 can be taken up again by `resume` and `rollback`.
struct RunEnded {
  static constexpr std::string_view kName = "run_ended";
  int status = 0;
  static void fields(auto& self, auto&& field) { field("status", self.status); }
};

using EventBody =
    std::variant<RunStarted, RunResumed, VerbStarted, VerbEnded, CheckpointSaved, NoteAdded,
                 EffectIntended, ProcessStarted, EffectSettled, StageSettled, RollbackStarted,
                 ClosingStarted, StageRolledBack, CancelRequested, RunEnded>;

struct RunEvent {
  std::int64_t at_ms = 0;
  EventBody body;
};

std::string_view event_name(const EventBody& body);

// For std::visit with one lambda a type.
template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overloaded(Fs...) -> Overloaded<Fs...>;

}  // namespace stagerun
