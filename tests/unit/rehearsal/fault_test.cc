#include "core/rehearsal/fault.h"

#include <gtest/gtest.h>

namespace stagerun::rehearsal {
namespace {

using Names = std::vector<std::string>;

EffectIntended effect(const std::string& kind, Access access) {
  EffectIntended intent;
  intent.kind = kind;
  intent.access = access;
  return intent;
}

Direction told(const std::string& fault, const std::string& kind) {
  return with_fault(fault, effect(kind, Access::write), Direction{});
}

TEST(Fault, EachKindHasItsOwn) {
  EXPECT_EQ(faults_of(effect("process/1", Access::read)), (Names{"refused", "exit", "hang"}));
  EXPECT_EQ(faults_of(effect("process/1", Access::write)),
            (Names{"refused", "exit", "hang", "exit_after"}));
  EXPECT_EQ(faults_of(effect("http/1", Access::write)),
            (Names{"refused", "throttled", "unavailable", "expired", "malformed", "lost"}));
  EXPECT_EQ(faults_of(effect("file/1", Access::write)), (Names{"refused", "lost"}));
  EXPECT_EQ(faults_of(effect("timer/1", Access::read)), Names{});
  EXPECT_EQ(faults_of(effect("secret/1", Access::read)), Names{});
}

TEST(Fault, AServiceCannotBeEndedOrNeverEnds) {
  EffectIntended stop = effect("process/1", Access::write);
  stop.request = Value::object().set("stop", "run");
  EXPECT_EQ(faults_of(stop), (Names{"refused", "hang"}));
  EXPECT_EQ(with_fault("refused", stop, {}).events.back().text_or("code"), "process.stop");
  EffectIntended look = effect("process/1", Access::read);
  look.request = Value::object().set("alive", "run");
  EXPECT_EQ(faults_of(look), Names{});
}

TEST(Fault, OnlyWhatIsLostOrFailsAfterwardsIsDone) {
  for (const char* kind : {"process/1", "http/1", "file/1"}) {
    for (const std::string& fault : faults_of(effect(kind, Access::write))) {
      EXPECT_EQ(told(fault, kind).happens, acts(fault)) << kind << " " << fault;
    }
  }
  EXPECT_TRUE(acts(""));
}

TEST(Fault, WhatWasDoneIsToldAsUnknown) {
  for (const char* kind : {"http/1", "file/1"}) {
    const Direction direction = told("lost", kind);
    ASSERT_TRUE(direction.told.has_value()) << kind;
    EXPECT_TRUE(direction.told->boolean_or("may_have_happened", false)) << kind;
  }
}

TEST(Fault, WhatWasNotDoneIsToldAsThat) {
  for (const char* kind : {"process/1", "http/1", "file/1"}) {
    const Direction direction = told("refused", kind);
    ASSERT_EQ(direction.events.size(), 1u) << kind;
    EXPECT_FALSE(direction.events[0].boolean_or("may_have_happened", true)) << kind;
  }
}

TEST(Fault, AnAnswerThatIsPlayedIsLostTheSameWay) {
  Direction usual;
  usual.happens = false;
  usual.events.push_back(Value::object().set("event", "response"));
  const Direction lost = with_fault("lost", effect("http/1", Access::write), usual);
  ASSERT_EQ(lost.events.size(), 1u);
  EXPECT_EQ(lost.events[0].text_or("code"), "http.lost");
}

TEST(Fault, AToolThatHangsNeverEndsByItself) { EXPECT_TRUE(told("hang", "process/1").hangs); }

}  // namespace
}  // namespace stagerun::rehearsal
