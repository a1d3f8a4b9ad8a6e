// exec: runs a program as a stage, and undoes it with another.
//
// How it works. The stage's only write is the effect `run` (and `stop`, `undo` on the way back).
// Its baseline is a checkpoint: what `record` printed, or a mark that says that nothing was
// recorded. What became of `run` in an earlier attempt, the host tells (past.h); the program's
// outputs stand in a file of the scratch folder (outputs.h), so that verify can set them again.
#include <filesystem>
#include <fstream>

#include "outputs.h"
#include "past.h"
#include "settings.h"

namespace exec {
namespace {

// Before what `record` printed, so that a recorded nothing differs from no record.
constexpr std::string_view kRecorded = "recorded\n";
constexpr std::string_view kNotRecorded = "nothing to record\n";
constexpr std::size_t kCheckpointBytes = 64u << 10;
constexpr int kConflictStatus = 8;
// Where a program may write outputs that nobody asks for.
constexpr const char* kNowhere = "/dev/null";
constexpr int kNotDoneStatus = 1;
// Of a program's last output, what a hint has room for.
constexpr std::size_t kHintBytes = 1000;

sr::ProcessRequest request(const sr::Call& call, const Settings& settings, const char* id,
                           const Command& command) {
  sr::Json env = sr::Json::raw(settings.env);
  env.set("STAGERUN_KEY", call.key());
  return {.purpose = readable(command),
          .id = id,
          .argv = command.argv,
          .shell = command.line,
          .cwd = settings.cwd,
          .env = env,
          .inherit = settings.inherit,
          .grace_ms = settings.grace_ms};
}

std::string how_it_ended(const Command& command, int status, int signal) {
  const std::string who = "`" + readable(command) + "`";
  if (status >= 0) return who + " exited with " + std::to_string(status);
  return who + " was ended by signal " + std::to_string(signal);
}

std::string last_words(const std::string& tail) {
  if (tail.empty()) return "it printed nothing; run it by hand to see why";
  const bool cut = tail.size() > kHintBytes;
  return "it printed: " + (cut ? "..." + tail.substr(tail.size() - kHintBytes) : tail);
}

[[noreturn]] void fail(const char* code, const Command& command, const sr::Exit& exit) {
  throw sr::Failed(code, how_it_ended(command, exit.status, exit.signal), last_words(exit.tail));
}

std::string record_state(sr::Call& call, const Settings& settings) {
  sr::ProcessRequest recording = request(call, settings, "record", settings.record);
  recording.output = "file";
  recording.output_file = "record";
  const sr::Exit exit = call.run_process(recording);
  if (!exit.ok()) fail("exec.record", settings.record, exit);
  const auto state = read_scratch(call, "record", kCheckpointBytes - kRecorded.size());
  return std::string(kRecorded) + state.value_or("");
}

// A record is taken once: after a first attempt the state may be half new.
void save_baseline(sr::Call& call, const Settings& settings) {
  if (!settings.changes || settings.irreversible() || !call.last_checkpoint().empty()) return;
  const bool records = !settings.record.is_empty();
  call.checkpoint(records ? record_state(call, settings) : std::string(kNotRecorded));
}

void start_service(sr::Call& call, const Settings& settings) {
  const std::int64_t pid = call.start_service(request(call, settings, "run", settings.run));
  call.receipt(sr::Json::object().set("service", true).set("pid", pid).text());
}

void run_to_its_end(sr::Call& call, const Settings& settings) {
  // Without outputs no scratch folder is made: there may be thousands of such stages.
  const bool has_outputs = !call.members(settings.outputs).empty();
  sr::ProcessRequest running = request(call, settings, "run", settings.run);
  running.env.set("STAGERUN_OUTPUT", has_outputs ? output_path(call) : kNowhere);
  running.input = settings.input;
  if (has_outputs) clear_outputs(call);
  const sr::Exit exit = call.run_process(running);
  if (!settings.expects(exit.status)) fail("exec.exit", settings.run, exit);
  set_outputs(call, settings.outputs);
  call.receipt(sr::Json::object().set("exit", exit.status).text());
}

// The command was done; what it said of its outputs may be lost all the same.
void set_outputs_again(const sr::Call& call, const Settings& settings) {
  try {
    set_outputs(call, settings.outputs);
  } catch (const sr::Failed& missing) {
    throw sr::Unknown(missing.code(), "it is done, but " + missing.text(), missing.hint());
  }
}

sr_status verify_by_check(sr::Call& call, const Settings& settings) {
  const sr::Exit exit = call.run_process(request(call, settings, "check", settings.check));
  if (exit.status == kNotDoneStatus) {
    throw sr::Failed("exec.not_done", "`" + readable(settings.check) + "` says that it is not done",
                     last_words(exit.tail));
  }
  if (!exit.ok()) {
    throw sr::Unknown(
        "exec.check",
        how_it_ended(settings.check, exit.status, exit.signal) + ": 0 says done, 1 says not done",
        last_words(exit.tail));
  }
  if (!settings.leaves_running) set_outputs_again(call, settings);
  return SR_OK;
}

sr_status verify_service(sr::Call& call, const Settings& settings) {
  if (call.is_service_alive("run")) return SR_OK;
  throw sr::Failed("exec.not_running", "`" + readable(settings.run) + "` does not run any more",
                   "its output is in the run's folder");
}

sr_status verify_by_past(sr::Call& call, const Settings& settings) {
  const Past past = read_past(call, "run").value_or(Past{});
  if (past.fate == Fate::ended && settings.expects(past.status)) {
    set_outputs_again(call, settings);
    return SR_OK;
  }
  if (past.fate == Fate::ended) {
    throw sr::Failed("exec.exit", how_it_ended(settings.run, past.status, past.signal));
  }
  if (!call.last_receipt().empty()) return SR_ABSENT;  // apply saw it end well; nobody to ask
  if (past.fate == Fate::never) {
    throw sr::Failed("exec.not_done", "`" + readable(settings.run) + "` was not run");
  }
  throw sr::Unknown("exec.unclear",
                    "`" + readable(settings.run) + "` was started and nobody saw it end",
                    "look at what it was to change; a `check` would have told");
}

// Where the record goes for `undo`, or nothing where none was taken.
std::optional<std::string> write_baseline(const sr::Call& call) {
  std::string_view state = call.last_checkpoint();
  if (!state.starts_with(kRecorded)) return std::nullopt;
  state.remove_prefix(kRecorded.size());
  const std::string path = std::string(call.scratch()) + "/baseline";
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << state << std::flush;
  if (file) return path;
  throw sr::Failed("exec.scratch", "cannot write " + path,
                   "look at the run's folder: it must be writable");
}

void undo(sr::Call& call, const Settings& settings) {
  sr::ProcessRequest undoing = request(call, settings, "undo", settings.undo);
  if (const auto baseline = write_baseline(call)) undoing.env.set("STAGERUN_BASELINE", *baseline);
  const sr::Exit exit = call.run_process(undoing);
  if (exit.status == kConflictStatus) {
    throw sr::Conflict("exec.conflict",
                       "`" + readable(settings.undo) + "` says that somebody else has changed it",
                       last_words(exit.tail));
  }
  if (!exit.ok()) fail("exec.undo", settings.undo, exit);
}

struct Exec {
  static constexpr sr::Info info{
      .name = "exec",
      .version = "1.1.0",
      .summary = "Runs a program; undoes it with another.",
      .schema = R"({
  "type": "object", "required": ["run"], "additionalProperties": false,
  "properties": {
    "run": {"type": ["string", "array"], "minItems": 1, "items": {"type": "string"}},
    "undo": {"type": ["string", "array"], "minItems": 1, "items": {"type": "string"}},
    "check": {"type": ["string", "array"], "minItems": 1, "items": {"type": "string"}},
    "record": {"type": ["string", "array"], "minItems": 1, "items": {"type": "string"}},
    "shell": {"type": "boolean"},
    "stdin": {"type": "string"},
    "inherit": {"type": "array", "uniqueItems": true, "items": {"type": "string"}},
    "cwd": {"type": "string"},
    "env": {"type": "object", "additionalProperties": {"type": "string"}},
    "expect_exit": {"anyOf": [{"type": "integer"},
                              {"type": "array", "minItems": 1, "items": {"type": "integer"}}]},
    "changes": {"type": "boolean"},
    "idempotent": {"type": "boolean"},
    "leaves_running": {"type": "boolean"},
    "grace": {"type": "string"},
    "outputs": {"type": "object", "propertyNames": {"pattern": "^[A-Za-z0-9_-]{1,64}$"},
                "additionalProperties": {"enum": ["string", "integer", "number", "boolean"]}}}})",
      .manifest = R"({
  "effects": ["process/1"],
  "reads": [{"config": "/check"}, {"config": "/record"},
            {"config": "/run", "if": {"/changes": false}}],
  "flags": [{"has": "/undo", "add": "compensable"},
            {"if": {"/leaves_running": true}, "add": "compensable"},
            {"if": {"/idempotent": true}, "add": "idempotent"},
            {"if": {"/changes": false}, "add": "reads_only"}],
  "pure": ["plan"],
  "verify": [{"has": "/check"}, {"if": {"/leaves_running": true}}],
  "outputs_from": "/outputs"})",
  };

  void validate(sr::Call& call) { diagnose_settings(call, read_settings(call)); }

  void plan(sr::Call& call) {
    const Settings settings = read_settings(call);
    if (settings.changes) call.change("run", readable(settings.run));
  }

  void apply(sr::Call& call) {
    const Settings settings = read_settings(call);
    save_baseline(call, settings);
    settings.leaves_running ? start_service(call, settings) : run_to_its_end(call, settings);
  }

  sr_status verify(sr::Call& call) {
    const Settings settings = read_settings(call);
    if (!settings.check.is_empty()) return verify_by_check(call, settings);
    if (settings.leaves_running) return verify_service(call, settings);
    return verify_by_past(call, settings);
  }

  void rollback(sr::Call& call) {
    const Settings settings = read_settings(call);
    const bool happened = read_past(call, "run") || !call.last_receipt().empty();
    if (!settings.changes || !happened) return;
    if (settings.irreversible()) {
      throw sr::Failed("exec.no_undo", "`" + readable(settings.run) + "` was run and has no `undo`",
                       "undo it by hand");
    }
    if (settings.leaves_running) {
      call.stop_service("run", "stop `" + readable(settings.run) + "`");
    }
    if (!settings.undo.is_empty()) undo(call, settings);
  }
};

}  // namespace
}  // namespace exec

STAGERUN_MODULE(exec::Exec);
