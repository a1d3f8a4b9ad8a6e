#include "core/model/run_event.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "core/model/event_value.h"

namespace stagerun {
namespace {

template <std::size_t I = 0>
void collect_names(std::vector<std::string>& names) {
  if constexpr (I < std::variant_size_v<EventBody>) {
    names.emplace_back(event_name(EventBody(std::variant_alternative_t<I, EventBody>{})));
    collect_names<I + 1>(names);
  }
}

// On disk for ever: a name may be added to this list, never changed or taken away.
TEST(RunEvent, NamesAreTheOnesThatJournalsHold) {
  std::vector<std::string> names;
  collect_names(names);
  EXPECT_EQ(names, (std::vector<std::string>{
                       "run_started", "run_resumed", "verb_started", "verb_ended",
                       "checkpoint_saved", "note_added", "effect_intended", "process_started",
                       "effect_settled", "stage_settled", "rollback_started", "closing_started",
                       "stage_rolled_back", "cancel_requested", "run_ended"}));
}

template <typename Event>
void expect_distinct_members(const char* also_taken) {
  std::set<std::string> names = {"at_ms", "event"};
  const Event event;
  Event::fields(event, [&](const char* name, const auto&) {
    EXPECT_TRUE(names.insert(name).second) << Event::kName << "." << name << also_taken;
  });
}

template <std::size_t I = 0>
void expect_all_distinct() {
  if constexpr (I < std::variant_size_v<EventBody>) {
    expect_distinct_members<std::variant_alternative_t<I, EventBody>>(" is there twice");
    expect_all_distinct<I + 1>();
  }
}

TEST(RunEvent, NoMemberHidesAnotherOrTheRecordsOwn) { expect_all_distinct(); }

TEST(RunEvent, FieldsReachEveryMemberForWritingToo) {
  StageSettled event;
  StageSettled::fields(event, [](const char* name, auto& member) {
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(member)>, std::string>) {
      member = name;
    }
  });
  EXPECT_EQ(event.stage, "stage");
  EXPECT_EQ(event.reason, "reason");
}

// `event` as its first journals had it, without what has been added since.
template <typename Event>
Value as_of_old(const Event& event) {
  const Value record = event_to_value({1'000, event});
  Value::Object members;
  for (const auto& member : *record.members()) {
    const auto& added = Event::kAdded;
    if (std::find(added.begin(), added.end(), member.first) == added.end()) {
      members.push_back(member);
    }
  }
  return Value(std::move(members));
}

TEST(RunEvent, JournalsFromBeforeMembersWereAddedAreRead) {
  RunStarted started;
  started.run = "r1";
  started.by = "rita@build-7";
  started.only = {"a"};
  const auto read = event_from_value(as_of_old(started));
  ASSERT_TRUE(read.has_value());
  const auto& body = std::get<RunStarted>(read->body);
  EXPECT_EQ(body.run, "r1");
  EXPECT_EQ(body.by, "");
  EXPECT_TRUE(body.only.empty());
  EXPECT_TRUE(event_from_value(as_of_old(RunResumed{"resume", "boot", "bob"})).has_value());
}

TEST(RunEvent, WhatAChosenStageIsCalledMustBeText) {
  Value record = event_to_value({1'000, RunStarted{}});
  EXPECT_TRUE(event_from_value(record).has_value());
  EXPECT_FALSE(event_from_value(record.set("only", Value::array().push(1))).has_value());
  EXPECT_FALSE(event_from_value(record.set("only", "a")).has_value());
}

TEST(RunEvent, AMemberThatWasAlwaysThereMustBeThere) {
  const Value record = event_to_value({1'000, RunResumed{"resume", "boot", "bob"}});
  Value::Object members;
  for (const auto& member : *record.members()) {
    if (member.first != "boot") members.push_back(member);
  }
  EXPECT_FALSE(event_from_value(Value(std::move(members))).has_value());
}

}  // namespace
}  // namespace stagerun
