#include "core/base/result.h"

#include <cerrno>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace stagerun {
namespace {

Result<int> half(int number) {
  if (number % 2 != 0) return Error{ErrorCode::usage, "odd", "give an even one"};
  return number / 2;
}

Result<int> quarter(int number) {
  TRY_ASSIGN(const int halved, half(number));
  TRY_ASSIGN(const int quartered, half(halved));
  return quartered;
}

Status check_even(int number) {
  TRY(half(number));
  return {};
}

TEST(Result, HoldsAValueOrAnError) {
  EXPECT_TRUE(half(4));
  EXPECT_EQ(*half(4), 2);
  EXPECT_FALSE(half(3));
  EXPECT_EQ(half(3).error().code, ErrorCode::usage);
  EXPECT_EQ(half(3).error().text, "odd");
  EXPECT_EQ(half(3).error().hint, "give an even one");
}

TEST(Result, TryReturnsTheErrorOfWhicheverCallFailed) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_FALSE(quarter(6));
  EXPECT_FALSE(quarter(7));
  EXPECT_TRUE(check_even(2));
  EXPECT_EQ(check_even(1).error().text, "odd");
}

TEST(Result, CarriesWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 7);
}

TEST(Result, AnErrorSeenFromAboveKeepsItsCodeAndHint) {
  const Error error = Error{ErrorCode::busy, "taken", "wait"}.within("locking the run");
  EXPECT_EQ(error.text, "locking the run: taken");
  EXPECT_EQ(error.code, ErrorCode::busy);
  EXPECT_EQ(error.hint, "wait");
}

TEST(Result, ErrnoIsSaidInWords) {
  const Error error = errno_error("cannot open x", ENOENT);
  EXPECT_EQ(error.code, ErrorCode::surroundings);
  EXPECT_EQ(error.text, "cannot open x: No such file or directory");
}

TEST(ResultDeathTest, AskingForWhatIsNotThereIsAMistakeOfOurs) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(static_cast<void>(*half(3)), "a mistake in stagerun itself: has_value\\(\\)");
  EXPECT_DEATH(static_cast<void>(half(4).error()), "a mistake in stagerun itself: !has_value");
  EXPECT_DEATH(static_cast<void>(check_even(2).error()), "a mistake in stagerun itself");
}

}  // namespace
}  // namespace stagerun
