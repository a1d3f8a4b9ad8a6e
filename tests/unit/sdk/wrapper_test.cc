// The wrapper's tables, its catch-all, and its manners with a host that lacks things.
#include <cstddef>
#include <stdexcept>

#include <gtest/gtest.h>

#include <stagerun/stagerun.hpp>

namespace {

struct Whole {
  static constexpr sr::Info info{.name = "acme.whole", .version = "1.2.3", .flags = SR_RESUMABLE};
  void validate(sr::Call&) {}
  void plan(sr::Call&) {}
  void apply(sr::Call&) { throw sr::Conflict("c", "t", "h"); }
  sr_status verify(sr::Call&) { return SR_UNKNOWN; }
  void rollback(sr::Call&) { throw std::runtime_error("oops"); }
};
struct Bare {
  static constexpr sr::Info info{.name = "acme.bare"};
  void apply(sr::Call& call) {
    if (call.verb() == 77) throw 5;
    if (call.verb() == 78) throw sr::Unchanged();
    if (call.verb() == 79) call.checkpoint("x");
  }
};
struct Single {
  static constexpr sr::Info info{.name = "single"};
  static void apply(sr::Call&) {}
};

constexpr const sr_module* kTwo = sr::detail::module_of<Whole, Bare>();
constexpr const sr_module* kOne = sr::detail::module_of<Single>();
// The tables are constants: loading runs no code.
static_assert(kTwo->stage_count == 2 && kTwo->abi_minor == 0);

// A host that offers nothing, as long as its header.
const sr_host kEmptyHost = [] {
  sr_host host{};
  host.size = offsetof(sr_host, log);
  host.abi_major = SR_ABI_MAJOR;
  return host;
}();

sr_status run(sr_verb verb, std::uint32_t number = SR_APPLY) {
  sr_call call{};
  call.size = sizeof call;
  call.verb = number;
  call.host = &kEmptyHost;
  return verb(&call);
}

TEST(Wrapper, NameIsSplitAtTheDot) {
  EXPECT_STREQ(kTwo->name, "acme");
  EXPECT_STREQ(kTwo->version, "1.2.3");
  EXPECT_STREQ(kTwo->stages[0]->name, "whole");
  EXPECT_STREQ(kTwo->stages[1]->name, "bare");
  EXPECT_STREQ(kOne->name, "single");
  EXPECT_STREQ(kOne->stages[0]->name, "single");
}

TEST(Wrapper, MissingVerbIsNull) {
  const sr_stage& bare = *kTwo->stages[1];
  EXPECT_EQ(bare.validate, nullptr);
  EXPECT_EQ(bare.plan, nullptr);
  EXPECT_NE(bare.apply, nullptr);
  EXPECT_EQ(bare.verify, nullptr);
  EXPECT_EQ(bare.rollback, nullptr);
}

TEST(Wrapper, WhatIsThrownBecomesAStatus) {
  const sr_stage& whole = *kTwo->stages[0];
  EXPECT_EQ(run(whole.validate), SR_OK);
  EXPECT_EQ(run(whole.apply), SR_CONFLICT);
  EXPECT_EQ(run(whole.verify), SR_UNKNOWN);
  EXPECT_EQ(run(whole.rollback), SR_FAILED);
  EXPECT_EQ(run(kTwo->stages[1]->apply, 77), SR_FAILED);
  EXPECT_EQ(run(kTwo->stages[1]->apply, 78), SR_UNCHANGED);
}

TEST(Wrapper, HostThatLacksAFunctionIsNotCalled) {
  EXPECT_EQ(run(kTwo->stages[1]->apply, 79), SR_FAILED);
  sr_call raw{};
  raw.host = &kEmptyHost;
  sr::Call call(raw);
  EXPECT_FALSE(call.get("inputs.a"));
  EXPECT_FALSE(call.next());
  EXPECT_FALSE(call.read_note(0));
  EXPECT_EQ(call.remaining_ms(), -1);
  EXPECT_FALSE(call.cancelled());
  EXPECT_THROW(call.config("/a"), sr::Invalid);
  EXPECT_THROW(call.start("timer/1", sr::Json::object()), sr::Failed);
  call.info("nobody hears");
}

TEST(Wrapper, CallWithoutAHostIsInvalid) {
  EXPECT_EQ(kOne->stages[0]->apply(nullptr), SR_INVALID);
  const sr_call call{};
  EXPECT_EQ(kOne->stages[0]->apply(&call), SR_INVALID);
}

}  // namespace
