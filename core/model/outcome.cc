#include "core/model/outcome.h"

#include <array>
#include <utility>

#include "core/base/check.h"

namespace stagerun {
namespace {

template <typename E>
struct Names;

template <>
struct Names<Verb> {
  static constexpr std::array kTable{
      std::pair{Verb::validate, "validate"}, std::pair{Verb::plan, "plan"},
      std::pair{Verb::apply, "apply"},       std::pair{Verb::verify, "verify"},
      std::pair{Verb::rollback, "rollback"},
  };
};

template <>
struct Names<VerbStatus> {
  static constexpr std::array kTable{
      std::pair{VerbStatus::ok, "ok"},
      std::pair{VerbStatus::unchanged, "unchanged"},
      std::pair{VerbStatus::failed, "failed"},
      std::pair{VerbStatus::retry, "retry"},
      std::pair{VerbStatus::unknown, "unknown"},
      std::pair{VerbStatus::conflict, "conflict"},
      std::pair{VerbStatus::cancelled, "cancelled"},
      std::pair{VerbStatus::invalid, "invalid"},
      std::pair{VerbStatus::absent, "absent"},
      std::pair{VerbStatus::denied, "denied"},
      std::pair{VerbStatus::died, "died"},
      std::pair{VerbStatus::timed_out, "timed_out"},
  };
};

template <>
struct Names<StageResult> {
  static constexpr std::array kTable{
      std::pair{StageResult::ok, "ok"},
      std::pair{StageResult::unchanged, "unchanged"},
      std::pair{StageResult::failed, "failed"},
      std::pair{StageResult::conflict, "conflict"},
      std::pair{StageResult::cancelled, "cancelled"},
      std::pair{StageResult::timed_out, "timed_out"},
      std::pair{StageResult::in_doubt, "in_doubt"},
      std::pair{StageResult::skipped, "skipped"},
  };
};

template <>
struct Names<UndoResult> {
  static constexpr std::array kTable{
      std::pair{UndoResult::undone, "undone"}, std::pair{UndoResult::nothing, "nothing"},
      std::pair{UndoResult::stands, "stands"}, std::pair{UndoResult::conflict, "conflict"},
      std::pair{UndoResult::failed, "failed"},
  };
};

template <>
struct Names<OnFailure> {
  static constexpr std::array kTable{
      std::pair{OnFailure::rollback, "rollback"},
      std::pair{OnFailure::stop, "stop"},
      std::pair{OnFailure::keep_going, "continue"},
  };
};

template <>
struct Names<RollbackPolicy> {
  static constexpr std::array kTable{
      std::pair{RollbackPolicy::automatic, "auto"},
      std::pair{RollbackPolicy::manual, "manual"},
      std::pair{RollbackPolicy::never, "never"},
      std::pair{RollbackPolicy::always, "always"},
  };
};

template <>
struct Names<Access> {
  static constexpr std::array kTable{
      std::pair{Access::read, "read"},
      std::pair{Access::write, "write"},
  };
};

template <typename E>
std::string_view name_of(E value) {
  for (const auto& [enumerator, name] : Names<E>::kTable) {
    if (enumerator == value) return name;
  }
  CHECK(false && "an enumerator without a name");
}

}  // namespace

std::string_view to_string(Verb value) { return name_of(value); }
std::string_view to_string(VerbStatus value) { return name_of(value); }
std::string_view to_string(StageResult value) { return name_of(value); }
std::string_view to_string(UndoResult value) { return name_of(value); }
std::string_view to_string(OnFailure value) { return name_of(value); }
std::string_view to_string(RollbackPolicy value) { return name_of(value); }
std::string_view to_string(Access value) { return name_of(value); }

template <typename E>
std::optional<E> from_string(std::string_view name) {
  for (const auto& [enumerator, spelling] : Names<E>::kTable) {
    if (spelling == name) return enumerator;
  }
  return std::nullopt;
}

template std::optional<Verb> from_string(std::string_view);
template std::optional<VerbStatus> from_string(std::string_view);
template std::optional<StageResult> from_string(std::string_view);
template std::optional<UndoResult> from_string(std::string_view);
template std::optional<OnFailure> from_string(std::string_view);
template std::optional<RollbackPolicy> from_string(std::string_view);
template std::optional<Access> from_string(std::string_view);

bool is_success(VerbStatus status) {
  return status == VerbStatus::ok || status == VerbStatus::unchanged;
}

bool is_success(StageResult result) {
  return result == StageResult::ok || result == StageResult::unchanged ||
         result == StageResult::skipped;
}

}  // namespace stagerun
