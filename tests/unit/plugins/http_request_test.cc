// http.request: what it sends, what it keeps, and what it makes of earlier attempts.
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "tests/unit/worker/test_host.h"

namespace stagerun {
namespace {

constexpr int kOk = 0, kFailed = 2, kRetry = 3, kUnknown = 4, kConflict = 5, kAbsent = 8;

const std::string kHandle = "sr-secret.flag:token.0123456789abcdef";

std::string response(int status, const std::string& body = "{}", const std::string& more = "") {
  return R"({"event":"response","headers":{},"elapsed_ms":1,"status":)" + std::to_string(status) +
         R"(,"body":)" + render_json(Value(body)) + more + "}";
}

// One call; each request is answered by what its purpose ("PUT http://x/flag") says.
class RequestCase {
 public:
  explicit RequestCase(const std::string& config) { call.config = config; }

  RequestCase& answer(const std::string& purpose, const std::string& event) {
    answers_[purpose] = event;
    return *this;
  }

  TestOutcome run(std::uint32_t verb) {
    TestHost host(plugin_file("http"));
    call.stage_type = "request";
    call.verb = verb;
    return host.run(call, [this](const StartedEffect& effect) -> std::vector<Value> {
      if (effect.kind == "timer/1") return {Value::object().set("event", "fired")};
      const auto found = answers_.find(effect.request.text_or("purpose"));
      return {*parse_json(found != answers_.end() ? found->second : response(200))};
    });
  }

  TestCall call;

 private:
  std::map<std::string, std::string> answers_;
};

const std::string kFlag = R"json({
  "record": [{"url": "http://x/flag", "take": {"was": "/on"}}],
  "run": [{"name": "login", "method": "POST", "url": "http://x/login", "probe": true,
           "json": {"password": "sr-secret.PW.0123456789abcdef"}, "capture": {"token": "/t"}},
          {"name": "flip", "method": "PUT", "url": "http://x/flag", "json": {"on": true},
           "headers": {"Authorization": "Bearer $(token)"}, "take": {"id": "/id"}}],
  "undo": [{"name": "back", "method": "PUT", "url": "http://x/flag",
            "json": {"on": "$(was)", "id": "$(id)"}}]})json";

RequestCase flag(const std::string& config = kFlag) {
  RequestCase request(config);
  request.answer("GET http://x/flag", response(200, R"({"on":false})"));
  request.answer("POST http://x/login", response(200, R"({"t":")" + kHandle + R"("})",
                                                 R"(,"captured":{"token":")" + kHandle + R"("})"));
  request.answer("PUT http://x/flag", response(200, R"({"id":5})"));
  return request;
}

std::string with_check(const std::string& check) {
  std::string config = kFlag;
  return config.replace(config.rfind('}'), 1, R"(, "check": )" + check + "}");
}
const std::string kCheck = R"([{"url": "http://x/is", "expect": {"json": {"/on": true}}}])";

// `settled` or `pending` with these effects: id and outcome.
std::string effects(const std::vector<std::pair<std::string, std::string>>& list) {
  std::string text;
  for (const auto& [id, outcome] : list) {
    text += (text.empty() ? "" : ",") + std::string(R"({"id":")") + id +
            R"(","kind":"http/1","purpose":"p","key":"k","request":{})" +
            (outcome.empty() ? "" : R"(,"outcome":)" + outcome) + "}";
  }
  return "[" + text + "]";
}
const std::string kLost =
    R"({"event":"failed","code":"http.lost","text":"t","may_have_happened":true})";
const std::string kNever =
    R"({"event":"failed","code":"http.connect","text":"t","may_have_happened":false})";

TEST(HttpRequest, SecretsPassThroughAndAreNeverSaved) {
  const TestOutcome outcome = flag().run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  ASSERT_EQ(outcome.effects.size(), 3u);
  const Value& login = outcome.effects[1].request;
  EXPECT_EQ(login.text_or("body"), R"({"password":"sr-secret.PW.0123456789abcdef"})");
  EXPECT_TRUE(login.boolean_or("probe", false));
  EXPECT_EQ(*outcome.effects[2].request.at("/headers/Authorization")->text(), "Bearer " + kHandle);
  for (const std::string& saved : outcome.checkpoints) {
    EXPECT_EQ(saved.find("sr-secret"), std::string::npos) << saved;
  }
  EXPECT_EQ(outcome.result, R"({"values":{"id":5,"was":false},"done":["run.flip"]})");
}

TEST(HttpRequest, BaselineIsSavedBeforeTheFirstWriteAndProgressAfterEach) {
  const TestOutcome outcome = flag().run(TestVerb::apply);
  EXPECT_TRUE(outcome.starts_after(wire::Type::checkpoint, "run.flip"));
  EXPECT_EQ(outcome.checkpoints,
            (std::vector<std::string>{R"({"values":{"was":false},"done":[]})", outcome.result}));
}

TEST(HttpRequest, OnlyWritesHaveAnIdAndAKey) {
  std::string config = kFlag;
  config.replace(config.rfind('}'), 1, R"(, "idempotency_header": "Key"})");
  const TestOutcome outcome = flag(config).run(TestVerb::apply);
  ASSERT_EQ(outcome.effects.size(), 3u);
  for (const std::size_t i : {0u, 1u}) EXPECT_EQ(outcome.effects[i].id(), "") << i;
  EXPECT_EQ(outcome.effects[2].id(), "run.flip");
  EXPECT_EQ(outcome.effects[1].request.at("/headers/Key"), nullptr);
  EXPECT_EQ(*outcome.effects[2].request.at("/headers/Key")->text(), "run-1/the-stage/run.flip");
}

TEST(HttpRequest, WhatIsDoneIsNotSentAgainAndWhatAsksIs) {
  RequestCase request = flag();
  request.call.attempt = 2;
  request.call.checkpoint = R"({"values":{"was":true,"id":5},"done":["run.flip"]})";
  const TestOutcome outcome = request.run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  ASSERT_EQ(outcome.effects.size(), 1u);
  EXPECT_EQ(outcome.effects[0].request.text_or("purpose"), "POST http://x/login");
}

TEST(HttpRequest, AnswerThatOnlyTheJournalKnowsCounts) {
  RequestCase request = flag();
  request.call.attempt = 2;
  request.call.checkpoint = R"({"values":{"was":true},"done":[]})";
  request.call.settled = effects({{"run.flip", response(200, R"({"id":9})")}});
  EXPECT_EQ(request.run(TestVerb::apply).result,
            R"({"values":{"id":9,"was":true},"done":["run.flip"]})");
}

TEST(HttpRequest, WhatMayHaveHappenedIsNotSentTwiceUnlessItMayBe) {
  const auto apply = [](const std::string& config, const std::string& check_body) {
    RequestCase request = flag(config);
    request.answer("GET http://x/is", response(200, check_body));
    request.call.attempt = 2;
    request.call.checkpoint = R"({"values":{"was":true,"id":1},"done":[]})";
    request.call.pending = effects({{"run.flip", ""}});
    const TestOutcome outcome = request.run(TestVerb::apply);
    int writes = 0;
    for (const StartedEffect& effect : outcome.effects) writes += effect.id() == "run.flip";
    return std::pair(outcome.status, writes);
  };
  EXPECT_EQ(apply(kFlag, ""), (std::pair{kUnknown, 0}));
  EXPECT_EQ(apply(with_check(kCheck), R"({"on":true})"), (std::pair{kOk, 0}));
  EXPECT_EQ(apply(with_check(kCheck), R"({"on":false})"), (std::pair{kOk, 1}));
  std::string idempotent = kFlag;
  idempotent.replace(idempotent.rfind('}'), 1, R"(, "idempotent": true})");
  EXPECT_EQ(apply(idempotent, ""), (std::pair{kOk, 1}));
}

TEST(HttpRequest, VerifyTellsDoneFromNotDoneFromUnknown) {
  const auto verify = [](const std::string& config, const std::string& settled,
                         const std::string& pending, const std::string& check_event) {
    RequestCase request = flag(config);
    request.answer("GET http://x/is", check_event);
    request.call.checkpoint = R"({"values":{"was":true},"done":[]})";
    request.call.settled = settled;
    request.call.pending = pending;
    return request.run(TestVerb::verify).status;
  };
  const std::string done = effects({{"run.flip", response(200, R"({"id":9})")}});
  const std::string lost = effects({{"run.flip", kLost}});
  const std::string on = response(200, R"({"on":true})");
  EXPECT_EQ(verify(kFlag, done, "[]", on), kOk);
  EXPECT_EQ(verify(kFlag, lost, "[]", on), kUnknown);
  EXPECT_EQ(verify(kFlag, "[]", effects({{"run.flip", ""}}), on), kUnknown);
  EXPECT_EQ(verify(kFlag, effects({{"run.flip", kNever}}), "[]", on), kFailed);
  EXPECT_EQ(verify(kFlag, "[]", "[]", on), kFailed);
  EXPECT_EQ(verify(kFlag, effects({{"run.flip", response(403)}}), "[]", on), kFailed);
  EXPECT_EQ(verify(kFlag, effects({{"run.flip", response(502)}}), "[]", on), kUnknown);
  const std::string checked = with_check(kCheck);
  EXPECT_EQ(verify(checked, done, "[]", on), kOk);
  EXPECT_EQ(verify(checked, lost, "[]", on), kOk);
  EXPECT_EQ(verify(checked, done, "[]", response(200, R"({"on":false})")), kFailed);
  EXPECT_EQ(verify(checked, done, "[]", response(404)), kFailed);
  for (const int mute : {401, 403, 429, 500, 503}) {
    EXPECT_EQ(verify(checked, done, "[]", response(mute)), kUnknown) << mute;
  }
  EXPECT_EQ(verify(checked, done, "[]", kNever), kUnknown);
}

TEST(HttpRequest, CheckThatLogsInIsAskedInApplyAndNeverInVerify) {
  const std::string config = with_check(R"json([
      {"method": "POST", "url": "http://x/login", "probe": true, "capture": {"token": "/t"}},
      {"url": "http://x/is", "headers": {"A": "$(token)"},
       "expect": {"json": {"/on": true}}}])json");
  RequestCase applied = flag(config);
  applied.answer("GET http://x/is", response(200, R"({"on":true})"));
  EXPECT_EQ(applied.run(TestVerb::apply).effects.size(), 5u);
  RequestCase refuted = flag(config);
  refuted.answer("GET http://x/is", response(200, R"({"on":false})"));
  EXPECT_EQ(refuted.run(TestVerb::apply).status, kFailed);
  RequestCase verified = flag(config);
  verified.call.checkpoint = R"({"values":{"was":true},"done":["run.flip"]})";
  const TestOutcome cut_off = verified.run(TestVerb::verify);
  EXPECT_EQ(cut_off.status, kFailed);  // so that apply is run again, which asks
  EXPECT_TRUE(cut_off.effects.empty());
  verified.call.receipt = verified.call.checkpoint;
  EXPECT_EQ(verified.run(TestVerb::verify).status, kOk);
}

TEST(HttpRequest, LostAnswersMayBeTriedAgainOnlyWhereNothingHappened) {
  const auto apply = [](const std::string& event) {
    return flag().answer("PUT http://x/flag", event).run(TestVerb::apply).status;
  };
  EXPECT_EQ(apply(kLost), kUnknown);
  EXPECT_EQ(apply(kNever), kRetry);
  EXPECT_EQ(apply(response(412)), kConflict);
  EXPECT_EQ(apply(response(200, "{}")), kFailed);  // it has no /id to take
}

TEST(HttpRequest, UndoSendsWhatWasRecordedAndTakenAndNothingTwice) {
  RequestCase request = flag();
  request.call.checkpoint = R"({"values":{"was":true,"id":5},"done":["run.flip"]})";
  const TestOutcome outcome = request.run(TestVerb::rollback);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  ASSERT_EQ(outcome.effect_ids(), "undo.back");
  EXPECT_EQ(outcome.effects[0].request.text_or("body"), R"({"on":true,"id":5})");
  request.call.checkpoint = outcome.checkpoints.back();
  EXPECT_TRUE(request.run(TestVerb::rollback).effects.empty());
}

TEST(HttpRequest, NothingIsUndoneWhereNothingHappened) {
  for (const std::string& settled : {std::string("[]"), effects({{"run.flip", kNever}}),
                                     effects({{"run.flip", response(409)}})}) {
    RequestCase request = flag();
    request.call.checkpoint = R"({"values":{"was":true},"done":[]})";
    request.call.settled = settled;
    const TestOutcome outcome = request.run(TestVerb::rollback);
    EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
    EXPECT_TRUE(outcome.effects.empty());
  }
}

TEST(HttpRequest, ReadingStageSavesNothingAndHasNothingToVerify) {
  RequestCase request(R"({"changes": false, "run": [{"url": "http://x/", "take": {"a": "/a"}}],
                          "outputs": {"a": "integer"}})");
  request.answer("GET http://x/", response(200, R"({"a":1})"));
  const TestOutcome outcome = request.run(TestVerb::apply);
  EXPECT_EQ(outcome.outputs.at("a"), "1");
  EXPECT_TRUE(outcome.checkpoints.empty());
  EXPECT_EQ(request.run(TestVerb::verify).status, kAbsent);
}

TEST(HttpRequest, ValuesInUrlsAndFormsAreEncodedAndSecretsAreNot) {
  RequestCase request(R"json({"run": [
      {"url": "http://x/a", "take": {"id": "/id"}, "capture": {"t": "/t"}},
      {"method": "POST", "url": "http://x/$(id)?t=$(t)&n=$$(id)",
       "form": {"a b": "$(id)&", "t": "$(t)"}}]})json");
  request.answer("GET http://x/a",
                 response(200, R"({"id":"../é?"})", R"(,"captured":{"t":")" + kHandle + R"("})"));
  const TestOutcome outcome = request.run(TestVerb::apply);
  ASSERT_EQ(outcome.effects.size(), 2u) << outcome.fail_text;
  EXPECT_EQ(outcome.effects[1].request.text_or("url"),
            "http://x/..%2F%C3%A9%3F?t=" + kHandle + "&n=$(id)");
  EXPECT_EQ(outcome.effects[1].request.text_or("body"), "a%20b=..%2F%C3%A9%3F%26&t=" + kHandle);
}

TEST(HttpRequest, MoreThanACheckpointHoldsIsRefusedBeforeAnyWrite) {
  RequestCase request(R"({"record": [{"url": "http://x/a", "take": {"all": ""}}],
                          "run": [{"method": "PUT", "url": "http://x/a"}]})");
  request.answer("GET http://x/a", response(200, "\"" + std::string(60'000, 'x') + "\""));
  const TestOutcome outcome = request.run(TestVerb::apply);
  EXPECT_EQ(outcome.fail_code, "http.too_large");
  EXPECT_EQ(outcome.effects.size(), 1u);
}

}  // namespace
}  // namespace stagerun
