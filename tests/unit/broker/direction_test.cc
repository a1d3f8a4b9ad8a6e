// What a director decides in a rehearsal: whether an effect happens, and what is heard of it.
#include "tests/unit/broker/broker_fixture.h"

namespace stagerun {
namespace {

class FakeDirector final : public Director {
 public:
  explicit FakeDirector(SkippingClock& clock) : clock_(clock) {}
  Direction direct(const EffectIntended& intent) override {
    asked.push_back(intent);
    return direction;
  }
  bool fails(const std::string&, Verb, std::uint32_t) override { return false; }
  std::string secret(const std::string& name) override { return "made-up-" + name; }
  void pass(std::int64_t ms) override { clock_.skip(ms); }

  Direction direction;
  std::vector<EffectIntended> asked;

 private:
  SkippingClock& clock_;
};

class DirectionTest : public BrokerTest {
 protected:
  DirectionTest() {
    broker.reset();
    loop = std::make_unique<Loop>(skipping);
    BrokerOptions with_director = options();
    with_director.director = &director;
    broker = std::make_unique<Broker>(*loop, journal, kill_points, with_director);
  }
  ~DirectionTest() override { broker.reset(); }

  void play(const std::string& events) {
    director.direction.happens = false;
    director.direction.events = *json(events).items();
  }

  SkippingClock skipping;
  FakeDirector director{skipping};
};

TEST_F(DirectionTest, IsAskedOnceTheIntentIsOnDisk) {
  run(shell("true"));
  ASSERT_EQ(director.asked.size(), 1u);
  EXPECT_EQ(director.asked[0].key, "run/deploy/apply/1");
  EXPECT_EQ(journal.order[1], "sync");
}

TEST_F(DirectionTest, IsNotAskedAboutWhatIsRefused) {
  run(shell("true"), "no/1");
  EXPECT_TRUE(director.asked.empty());
}

TEST_F(DirectionTest, WhatHappensIsAsWithoutOne) {
  run(shell("exit 3"));
  EXPECT_EQ(sink.last(1).integer_or("status", -1), 3);
}

TEST_F(DirectionTest, WhatIsPlayedDoesNotHappen) {
  play(R"([{"event": "line", "stream": "stdout", "text": "made up"},
           {"event": "log", "stream": "stderr", "text": "kept"},
           {"event": "exited", "status": 4}])");
  run(shell("touch happened"));
  EXPECT_EQ(sink.last(1).integer_or("status", -1), 4);
  EXPECT_EQ(sink.lines(), (std::vector<std::string>{"made up"}));
  EXPECT_EQ(sink.log, (std::vector<std::string>{"stderr: kept"}));
  EXPECT_FALSE(std::filesystem::exists(scope.workspace / "happened"));
  EXPECT_EQ(journal.all<EffectSettled>().front().outcome.integer_or("status", -1), 4);
}

TEST_F(DirectionTest, WhatIsDoneMayBeToldOtherwise) {
  director.direction.told = json(R"({"event": "exited", "status": 1})");
  run(shell("touch happened"));
  EXPECT_EQ(sink.last(1).integer_or("status", -1), 1);
  EXPECT_TRUE(std::filesystem::exists(scope.workspace / "happened"));
}

TEST_F(DirectionTest, AnAnswerThatIsPlayedGoesTheWayOfARealOne) {
  play(R"([{"event": "response", "status": 200, "headers": {"a": ["b"]},
            "body": "{\"token\": \"t0p-s3cret\"}"}])");
  run(json(R"({"method": "POST", "url": "https://api.example/login", "purpose": "to test",
               "capture": {"token": "/token"}})"),
      "http/1");
  const Value answer = sink.last(1);
  EXPECT_EQ(answer.integer_or("status", 0), 200);
  ASSERT_NE(answer.at("/captured/token"), nullptr) << render_json(answer);
  EXPECT_EQ(render_json(answer).find("t0p-s3cret"), std::string::npos);
}

TEST_F(DirectionTest, WhatTakesTimeHasTimePass) {
  play(R"([{"event": "fired"}])");
  director.direction.takes_ms = 1'800'000;
  const std::int64_t before = skipping.now_ms();
  broker->start(scope, sink, 1, "timer/1", json(R"({"after_ms": 1800000})"));
  loop->run_until([&] { return sink.lasts == 1; });
  EXPECT_GE(skipping.now_ms() - before, 1'800'000);
}

TEST_F(DirectionTest, WhatHangsHasTimePassUntilItIsGivenUp) {
  director.direction.happens = false;
  director.direction.hangs = true;
  broker->start(scope, sink, 1, "process/1", shell("true"));
  loop->after(7'200'000, [&] { broker->cancel(sink, 1); });
  loop->run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1).text_or("event"), "cancelled");
  EXPECT_TRUE(sink.last(1).boolean_or("may_have_happened", false));
}

}  // namespace
}  // namespace stagerun
