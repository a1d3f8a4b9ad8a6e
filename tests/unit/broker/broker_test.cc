#include <sys/socket.h>

#include "core/base/limits.h"
#include "tests/unit/broker/broker_fixture.h"

namespace stagerun {
namespace {

using Order = std::vector<std::string>;

const Value kWrite = shell("true");
const Value kRead = json(R"({"after_ms": 0})");

TEST_F(BrokerTest, WriteStartsOnlyAfterItsIntentIsSynced) {
  run(kWrite);
  EXPECT_EQ(journal.order, (Order{"effect_intended", "sync", "process_started", "effect_settled"}));
}

TEST_F(BrokerTest, TenWritesOfOneTurnShareASync) {
  for (std::uint32_t ticket = 1; ticket <= 10; ++ticket) {
    broker->start(scope, sink, ticket, "process/1", kWrite);
  }
  EXPECT_EQ(broker->under_way(sink), 10u);
  run_until([&] { return sink.lasts == 10; });
  EXPECT_EQ(journal.syncs(), 1u);
  EXPECT_EQ(broker->under_way(sink), 0u);
}

TEST_F(BrokerTest, ReadsAreJournaledWithoutASync) {
  run(kRead, "timer/1");
  EXPECT_EQ(journal.order, (Order{"effect_intended", "effect_settled"}));
  EXPECT_EQ(journal.all<EffectIntended>().front().access, Access::read);
}

TEST_F(BrokerTest, IntentAndOutcomeSayWhatHappened) {
  run(shell("exit 3", R"({"id": "swap"})"));
  const EffectIntended intent = journal.all<EffectIntended>().front();
  EXPECT_EQ(intent.key, "run/deploy/apply/swap");
  EXPECT_EQ(intent.purpose, "to test");
  EXPECT_EQ(intent.stage, "deploy");
  const EffectSettled settled = journal.all<EffectSettled>().front();
  EXPECT_EQ(settled.id, "swap");
  EXPECT_EQ(settled.outcome.integer_or("status", -1), 3);
}

TEST_F(BrokerTest, SinkIsNeverCalledWithinStart) {
  broker->start(scope, sink, 1, "no/1", kWrite);
  broker->start(scope, sink, 2, "timer/1", kRead);
  broker->cancel(sink, 2);
  broker->cancel_all(sink, true);
  EXPECT_TRUE(sink.told.empty());
  run_until([&] { return sink.lasts == 2; });
  EXPECT_EQ(sink.last(1).text_or("code"), "effect.kind");
  EXPECT_EQ(sink.last(2).text_or("event"), "cancelled");
}

TEST_F(BrokerTest, EffectStartedFromWithinAnEventIsNotForgotten) {
  sink.on_event = [&](const Told& one) {
    if (one.last && one.ticket == 1) broker->start(scope, sink, 2, "process/1", kWrite);
  };
  broker->start(scope, sink, 1, "no/1", kWrite);
  run_until([&] { return sink.lasts == 2; });
  EXPECT_EQ(sink.last(2).text_or("event"), "exited");
}

TEST_F(BrokerTest, EffectStartedAtTheTurnsEndIsNotForgotten) {
  bool once = false;
  loop->at_turn_end([&] {
    if (!std::exchange(once, true)) broker->start(scope, sink, 1, "no/1", kWrite);
  });
  run_until([&] { return sink.lasts == 1; });
}

TEST_F(BrokerTest, IdsAreCountedWhereNoneIsGiven) {
  run(kRead, "timer/1");
  run(json(R"({"after_ms": 0, "id": "3"})"), "timer/1");
  run(kRead, "timer/1");
  run(kRead, "no/1");
  run(kRead, "timer/1");
  Order ids;
  for (const auto& intent : journal.all<EffectIntended>()) ids.push_back(intent.id);
  EXPECT_EQ(ids, (Order{"1", "3", "4", "5"}));
}

TEST_F(BrokerTest, IdIsUsedOncePerVerb) {
  const Value request = json(R"({"after_ms": 0, "id": "a"})");
  EXPECT_EQ(refusal(request, "timer/1"), "");
  EXPECT_EQ(refusal(request, "timer/1"), "effect.request");
  scope.attempt = 2;
  EXPECT_EQ(refusal(request, "timer/1"), "");
  broker->forget(sink);
  EXPECT_EQ(refusal(request, "timer/1"), "");
}

TEST_F(BrokerTest, IdOutsideItsAlphabetIsRefused) {
  for (const char* id : {"", "A", "a/b", "a b", "\n"}) {
    Value request = kRead;
    EXPECT_EQ(refusal(request.set("id", id), "timer/1"), "effect.request") << id;
  }
  EXPECT_EQ(refusal(Value(kRead).set("id", std::string(65, 'a')), "timer/1"), "effect.request");
  EXPECT_EQ(refusal(Value(kRead).set("id", 7), "timer/1"), "effect.request");
}

TEST_F(BrokerTest, KindsOutsideTheManifestAreRefused) {
  scope.grants.effects = {"timer/1", "file/9"};
  EXPECT_EQ(refusal(kWrite), "effect.kind");
  EXPECT_EQ(refusal(json("{}"), "file/9"), "effect.kind");
  EXPECT_TRUE(journal.order.empty());
}

TEST_F(BrokerTest, WriteInPlanIsRefusedAndNothingIsJournaled) {
  scope.verb = Verb::plan;
  EXPECT_EQ(refusal(shell("echo x > made")), "effect.write_in_plan");
  EXPECT_TRUE(journal.order.empty());
  EXPECT_FALSE(std::filesystem::exists(scope.workspace / "made"));
}

TEST_F(BrokerTest, WriteBeforeTheBaselineIsRefused) {
  scope.has_baseline = false;
  EXPECT_EQ(refusal(kWrite), "effect.no_baseline");
  scope.has_baseline = true;
  EXPECT_EQ(refusal(kWrite), "");
}

TEST_F(BrokerTest, WriteMustSayItsPurpose) {
  EXPECT_EQ(refusal(json(R"({"argv": ["true"]})")), "effect.request");
  scope.grants.read_commands = {{"true"}};
  EXPECT_EQ(refusal(json(R"({"argv": ["true"]})")), "");
}

TEST_F(BrokerTest, HostOutsideTheManifestIsRefused) {
  scope.grants.hosts = {"api.example.com:443"};
  EXPECT_EQ(refusal(json(R"({"url": "http://127.0.0.1:1/"})"), "http/1"), "effect.host");
}

TEST_F(BrokerTest, RequestsWithoutTheKindsFormAreRefused) {
  EXPECT_EQ(refusal(Value(), "timer/1"), "effect.request");
  EXPECT_EQ(refusal(json("[]"), "timer/1"), "effect.request");
  EXPECT_EQ(refusal(json("{}"), "timer/1"), "effect.request");
  EXPECT_EQ(refusal(json(R"({"after_ms": -1})"), "timer/1"), "effect.request");
  EXPECT_EQ(refusal(json(R"({"after_ms": 1, "shell": "x"})"), "timer/1"), "effect.request");
}

TEST_F(BrokerTest, TooManyAtOnceAreRefused) {
  const auto most = static_cast<std::uint32_t>(limits::kEffectsAtOnce);
  const Value request = json(R"({"after_ms": 60000})");
  for (std::uint32_t i = 1; i <= most + 1; ++i) broker->start(scope, sink, i, "timer/1", request);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(most + 1).text_or("code"), "effect.too_many");
  broker->cancel_all(sink, false);
  run_until([&] { return broker->under_way(sink) == 0; });
}

TEST_F(BrokerTest, TicketOfAnotherEffectUnderWayIsRefused) {
  broker->start(scope, sink, 1, "timer/1", json(R"({"after_ms": 60000})"));
  broker->start(scope, sink, 1, "process/1", kWrite);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1).text_or("code"), "effect.request");
  EXPECT_EQ(broker->under_way(sink), 1u);
}

TEST_F(BrokerTest, FailedSyncLetsNothingThrough) {
  journal.syncs_left = 0;
  for (std::uint32_t i = 1; i <= 3; ++i) {
    broker->start(scope, sink, i, "process/1", shell("echo x > made"));
  }
  run_until([&] { return sink.lasts == 3; });
  EXPECT_EQ(sink.lost, Order{"the disk is full"});
  EXPECT_EQ(sink.last(3).text_or("code"), "effect.journal");
  EXPECT_FALSE(sink.last(3).boolean_or("may_have_happened", true));
  EXPECT_FALSE(std::filesystem::exists(scope.workspace / "made"));
}

TEST_F(BrokerTest, FailedAppendLetsNothingThrough) {
  journal.appends_left = 0;
  EXPECT_EQ(run(kRead, "timer/1").text_or("code"), "effect.journal");
  EXPECT_EQ(run(kWrite).text_or("code"), "effect.journal");
  EXPECT_EQ(sink.lost.size(), 1u);
}

TEST_F(BrokerTest, JournalLostAtTheOutcomeIsToldAndTheOutcomeToo) {
  journal.appends_left = 2;
  EXPECT_EQ(run(kWrite).text_or("event"), "exited");
  EXPECT_EQ(sink.lost.size(), 1u);
}

TEST_F(BrokerTest, MayBeForgottenWhenTheJournalIsLost) {
  journal.appends_left = 2;
  sink.on_lost = [&] { broker->forget(sink); };
  broker->start(scope, sink, 1, "process/1", kWrite);
  run_until([&] { return !sink.lost.empty(); });
  EXPECT_EQ(sink.lasts, 0u);
}

TEST_F(BrokerTest, CancelledBeforeItsTurnNothingHappens) {
  broker->start(scope, sink, 1, "process/1", shell("echo x > made"));
  broker->cancel(sink, 1);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_FALSE(sink.last(1).boolean_or("may_have_happened", true));
  EXPECT_EQ(journal.order, (Order{"effect_intended", "effect_settled"}));
  EXPECT_FALSE(std::filesystem::exists(scope.workspace / "made"));
}

TEST_F(BrokerTest, KillPointsStandBetweenIntentAndOutcome) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const Fd theirs(ends[0]);
  Fd ours(ends[1]);
  kill_points = KillPoints(theirs.get());
  Order seen;
  std::thread controller([&] {
    char text[64];
    for (int point = 0; point < 2; ++point) {
      const ssize_t count = ::read(ours.get(), text, sizeof text);
      seen.emplace_back(text, static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      seen.push_back(journal.order.back());
      EXPECT_EQ(::write(ours.get(), "+", 1), 1);
    }
  });
  run(kWrite);
  controller.join();
  EXPECT_EQ(seen, (Order{"effect:before:run/deploy/apply/1\n", "sync",
                         "effect:after:run/deploy/apply/1\n", "process_started"}));
}

TEST_F(BrokerTest, LargeBodiesAreJournaledByDigest) {
  const std::string body(5000, 'x');
  Value request = json(R"({"method": "POST", "url": "http://127.0.0.1:1/", "purpose": "p"})");
  run(request.set("body", body), "http/1");
  const Value kept = journal.all<EffectIntended>().front().request;
  EXPECT_EQ(kept.at("/body/bytes")->integer() != nullptr, true);
  EXPECT_EQ(kept.find("body")->text_or("sha256").size(), 64u);
}

TEST_F(BrokerTest, TimersFireAndEnd) {
  EXPECT_EQ(run(json(R"({"after_ms": 5})"), "timer/1"), json(R"({"event": "fired"})"));
}

TEST_F(BrokerTest, ForgottenEffectsAreKilledUnheard) {
  broker->start(scope, sink, 1, "process/1", shell("sleep 60"));
  run_until([&] { return !sink.told.empty(); });
  const auto pid = static_cast<pid_t>(sink.told.front().event.integer_or("pid", 0));
  broker->start(scope, sink, 2, "process/1", shell("echo x > made"));
  broker->forget(sink);
  EXPECT_EQ(broker->under_way(sink), 0u);
  poll_until([&] { return ::kill(pid, 0) != 0; });
  EXPECT_EQ(sink.lasts, 0u);
  EXPECT_TRUE(journal.all<EffectSettled>().empty());
  EXPECT_FALSE(std::filesystem::exists(scope.workspace / "made"));
}

TEST_F(BrokerTest, MayBeForgottenFromWithinAnEvent) {
  sink.on_event = [&](const Told&) { broker->forget(sink); };
  broker->start(scope, sink, 1, "process/1", shell("yes", R"({"output": "lines"})"));
  run_until([&] { return !sink.told.empty(); });
  broker->start(scope, sink, 2, "no/1", kWrite);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.told.size(), 2u);
}

TEST_F(BrokerTest, DestroyedWithEffectsUnderWayItLeavesNoProcess) {
  broker->start(scope, sink, 1, "process/1", shell("sleep 60"));
  run_until([&] { return !sink.told.empty(); });
  const auto pid = static_cast<pid_t>(sink.told.front().event.integer_or("pid", 0));
  broker.reset();
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

}  // namespace
}  // namespace stagerun
