// The words for how things end. Each enumerator is spelt the same in code, journal, JSON and docs.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stagerun {

enum class Verb : std::uint32_t { validate = 1, plan = 2, apply = 3, verify = 4, rollback = 5 };

// What a verb reported (the numbers are the ABI's sr_status), or what became of it.
enum class VerbStatus : std::int32_t {
  ok = 0,
  unchanged = 1,
  failed = 2,
  retry = 3,
  unknown = 4,
  conflict = 5,
  cancelled = 6,
  invalid = 7,
  absent = 8,
  denied = 9,
  died = 100,       // the worker ended before the verb did
  timed_out = 101,  // its time was up
};

// How a stage ended on the way forward.
enum class StageResult {
  ok,
  unchanged,
  failed,
  conflict,
  cancelled,
  timed_out,
  in_doubt,
  skipped,
};

// How a stage ended on the way back.
enum class UndoResult {
  undone,    // its rollback said so
  nothing,   // it had let no write through
  stands,    // policy wants it to stand: manual, never
  conflict,  // somebody else has changed it since; theirs was left alone
  failed,    // it stands and should not: a person is needed
};

enum class OnFailure { rollback, stop, keep_going };
enum class RollbackPolicy { automatic, manual, never, always };

// What an effect may do to the world (architecture, decision 13).
enum class Access { read, write };

std::string_view to_string(Verb);
std::string_view to_string(VerbStatus);
std::string_view to_string(StageResult);
std::string_view to_string(UndoResult);
std::string_view to_string(OnFailure);       // "rollback", "stop", "continue"
std::string_view to_string(RollbackPolicy);  // "auto", "manual", "never", "always"
std::string_view to_string(Access);

// The enumerator of that name. E is any of the above.
template <typename E>
std::optional<E> from_string(std::string_view name);

// True for what lets the run go on.
bool is_success(StageResult result);
// True for a verb that did what it was asked: ok, unchanged.
bool is_success(VerbStatus status);

// The exit statuses of the program (docs/cli.md). Part of the contract with every caller.
enum ExitStatus : int {
  exit_succeeded = 0,
  exit_writes_stand = 1,
  exit_usage = 2,
  exit_nothing_changed = 3,
  exit_undone = 6,
  exit_person_needed = 7,
  exit_conflict = 8,
  exit_in_doubt = 9,
  exit_plugin = 10,
  exit_surroundings = 75,
  exit_signal = 128,  // plus the signal's number
};

}  // namespace stagerun
