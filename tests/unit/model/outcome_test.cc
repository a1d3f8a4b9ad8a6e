#include "core/model/outcome.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace stagerun {
namespace {

// Every enumerator given has a name of its own, by which it is found again.
template <typename E>
void expect_names_come_back(std::initializer_list<E> all) {
  std::set<std::string_view> names;
  for (const E value : all) {
    const std::string_view name = to_string(value);
    EXPECT_FALSE(name.empty());
    EXPECT_TRUE(names.insert(name).second) << name << " names two";
    EXPECT_EQ(from_string<E>(name), value) << name;
  }
  EXPECT_EQ(from_string<E>(""), std::nullopt);
  EXPECT_EQ(from_string<E>("Ok"), std::nullopt);
  EXPECT_EQ(from_string<E>("nonsense"), std::nullopt);
}

// Each of these switches stops compiling when an enumerator is added and not named below.
constexpr bool listed(VerbStatus status) {
  switch (status) {
    case VerbStatus::ok:
    case VerbStatus::unchanged:
    case VerbStatus::failed:
    case VerbStatus::retry:
    case VerbStatus::unknown:
    case VerbStatus::conflict:
    case VerbStatus::cancelled:
    case VerbStatus::invalid:
    case VerbStatus::absent:
    case VerbStatus::denied:
    case VerbStatus::died:
    case VerbStatus::timed_out:
      return true;
  }
  return false;
}

constexpr bool listed(StageResult result) {
  switch (result) {
    case StageResult::ok:
    case StageResult::unchanged:
    case StageResult::failed:
    case StageResult::conflict:
    case StageResult::cancelled:
    case StageResult::timed_out:
    case StageResult::in_doubt:
    case StageResult::skipped:
      return true;
  }
  return false;
}

constexpr bool listed(UndoResult result) {
  switch (result) {
    case UndoResult::undone:
    case UndoResult::nothing:
    case UndoResult::stands:
    case UndoResult::conflict:
    case UndoResult::failed:
      return true;
  }
  return false;
}

TEST(Outcome, EveryVerbHasANameThatComesBack) {
  expect_names_come_back({Verb::validate, Verb::plan, Verb::apply, Verb::verify, Verb::rollback});
}

TEST(Outcome, EveryVerbStatusHasANameThatComesBack) {
  static_assert(listed(VerbStatus::timed_out));
  expect_names_come_back({VerbStatus::ok, VerbStatus::unchanged, VerbStatus::failed,
                          VerbStatus::retry, VerbStatus::unknown, VerbStatus::conflict,
                          VerbStatus::cancelled, VerbStatus::invalid, VerbStatus::absent,
                          VerbStatus::denied, VerbStatus::died, VerbStatus::timed_out});
}

TEST(Outcome, EveryStageResultHasANameThatComesBack) {
  static_assert(listed(StageResult::skipped));
  expect_names_come_back({StageResult::ok, StageResult::unchanged, StageResult::failed,
                          StageResult::conflict, StageResult::cancelled, StageResult::timed_out,
                          StageResult::in_doubt, StageResult::skipped});
}

TEST(Outcome, EveryUndoResultHasANameThatComesBack) {
  static_assert(listed(UndoResult::failed));
  expect_names_come_back({UndoResult::undone, UndoResult::nothing, UndoResult::stands,
                          UndoResult::conflict, UndoResult::failed});
}

TEST(Outcome, PoliciesAreSpeltAsInThePipelineFile) {
  expect_names_come_back({OnFailure::rollback, OnFailure::stop, OnFailure::keep_going});
  expect_names_come_back(
      {RollbackPolicy::automatic, RollbackPolicy::manual, RollbackPolicy::never});
  EXPECT_EQ(from_string<OnFailure>("continue"), OnFailure::keep_going);
  EXPECT_EQ(from_string<OnFailure>("keep_going"), std::nullopt);
  EXPECT_EQ(from_string<RollbackPolicy>("auto"), RollbackPolicy::automatic);
  EXPECT_EQ(from_string<RollbackPolicy>("automatic"), std::nullopt);
}

TEST(Outcome, AccessIsReadOrWrite) { expect_names_come_back({Access::read, Access::write}); }

TEST(Outcome, OnlyOkUnchangedAndSkippedLetTheRunGoOn) {
  for (const StageResult good : {StageResult::ok, StageResult::unchanged, StageResult::skipped}) {
    EXPECT_TRUE(is_success(good)) << to_string(good);
  }
  for (const StageResult bad : {StageResult::failed, StageResult::conflict, StageResult::cancelled,
                                StageResult::timed_out, StageResult::in_doubt}) {
    EXPECT_FALSE(is_success(bad)) << to_string(bad);
  }
}

TEST(Outcome, NumbersOfTheAbiAndTheExitStatusesNeverMove) {
  EXPECT_EQ(static_cast<int>(Verb::validate), 1);
  EXPECT_EQ(static_cast<int>(Verb::rollback), 5);
  EXPECT_EQ(static_cast<int>(VerbStatus::ok), 0);
  EXPECT_EQ(static_cast<int>(VerbStatus::conflict), 5);
  EXPECT_EQ(static_cast<int>(VerbStatus::denied), 9);
  EXPECT_EQ(exit_undone, 6);
  EXPECT_EQ(exit_person_needed, 7);
  EXPECT_EQ(exit_conflict, 8);
  EXPECT_EQ(exit_in_doubt, 9);
  EXPECT_EQ(exit_plugin, 10);
}

}  // namespace
}  // namespace stagerun
