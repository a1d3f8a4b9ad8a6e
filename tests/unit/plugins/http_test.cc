// http.check: asks until the answer is right, and never writes.
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "tests/unit/worker/test_host.h"

namespace stagerun {
namespace {

constexpr int kOk = 0, kFailed = 2, kInvalid = 7;

// Answers each request with the next of these events; timers fire at once.
TestOutcome run_check(const std::string& config, std::vector<std::string> events,
                      std::uint32_t verb = TestVerb::apply) {
  TestHost host(plugin_file("http"));
  std::size_t next = 0;
  const Broker broker = [&](const StartedEffect& effect) -> std::vector<Value> {
    if (effect.kind == "timer/1") return {Value::object().set("event", "fired")};
    return {*parse_json(events.at(std::min(next++, events.size() - 1)))};
  };
  return host.run({.stage_type = "check", .verb = verb, .config = config}, broker);
}

const std::string kUp = R"({"event":"response","status":200,"headers":{},"body":"all well"})";
const std::string kBusy = R"({"event":"response","status":503,"headers":{},"body":""})";
const std::string kDown = R"({"event":"failed","code":"http.connect","text":"connection refused",)"
                          R"("may_have_happened":false})";

TEST(HttpCheck, RightAnswerPassesAtOnce) {
  const TestOutcome outcome = run_check(R"({"url":"http://x/health"})", {kUp});
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(outcome.outputs.at("status"), "200");
  EXPECT_EQ(outcome.outputs.at("attempts"), "1");
  ASSERT_EQ(outcome.effects.size(), 1u);
  EXPECT_EQ(outcome.effects[0].request.text_or("method"), "GET");
  EXPECT_EQ(outcome.effects[0].request.text_or("url"), "http://x/health");
  EXPECT_LE(outcome.effects[0].request.integer_or("timeout_ms", 0), 10'000);
}

TEST(HttpCheck, OneTryUnlessTimeIsGiven) {
  const TestOutcome outcome = run_check(R"({"url":"http://x/"})", {kBusy, kUp});
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_EQ(outcome.fail_code, "http.check");
  EXPECT_EQ(outcome.fail_text, "http://x/: it answered 503");
}

TEST(HttpCheck, TriesAgainUntilItIsRight) {
  const TestOutcome outcome =
      run_check(R"({"url":"http://x/","within":"1m","every":"5s"})", {kDown, kBusy, kUp});
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(outcome.outputs.at("attempts"), "3");
  EXPECT_EQ(outcome.effects.at(1).kind, "timer/1");
  EXPECT_EQ(outcome.effects.at(1).request.integer_or("after_ms", 0), 5'000);
}

TEST(HttpCheck, LastReasonIsToldWhenTheTimeIsOver) {
  const TestOutcome outcome =
      run_check(R"({"url":"http://x/","within":"50ms","every":"20ms"})", {kBusy, kDown});
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_EQ(outcome.fail_text.find("http://x/: connection refused (the last of "), 0u)
      << outcome.fail_text;
}

TEST(HttpCheck, StatusAndTextAreWhatTheStageSays) {
  EXPECT_EQ(run_check(R"({"url":"http://x/","status":503})", {kBusy}).status, kOk);
  EXPECT_EQ(run_check(R"({"url":"http://x/","status":[200,503]})", {kBusy}).status, kOk);
  EXPECT_EQ(run_check(R"({"url":"http://x/","contains":"well"})", {kUp}).status, kOk);
  EXPECT_EQ(run_check(R"({"url":"http://x/","contains":"ill"})", {kUp}).fail_text,
            "http://x/: its answer does not contain `ill`; its body begins: all well");
  EXPECT_EQ(run_check(R"({"url":"http://x/","contains":"x"})",
                      {R"({"event":"response","status":200,"headers":{},"body_base64":"/w=="})"})
                .fail_text,
            "http://x/: its answer is not text; its body is no text");
}

TEST(HttpCheck, RefusalIsNotTriedAgain) {
  const TestOutcome outcome =
      run_check(R"({"url":"http://x/","within":"1m"})",
                {R"({"event":"refused","code":"effect.host","text":"not named"})", kUp});
  EXPECT_EQ(outcome.fail_code, "effect.host");
  EXPECT_EQ(outcome.effects.size(), 1u);
}

TEST(HttpCheck, PlanStartsNothing) {
  const TestOutcome outcome = run_check(R"({"url":"http://x/"})", {kUp}, TestVerb::plan);
  EXPECT_EQ(outcome.status, kOk);
  EXPECT_TRUE(outcome.effects.empty());
  EXPECT_EQ(outcome.result, R"({"changes":[]})");
  EXPECT_EQ(outcome.log, std::vector<std::string>{"look at GET http://x/: status 200"});
}

TEST(HttpCheck, AddressesAndDurationsAreValidated) {
  const TestOutcome outcome =
      run_check(R"({"url":"ftp://x/","within":"1 minute","every":"s"})", {kUp}, TestVerb::validate);
  EXPECT_EQ(outcome.status, kInvalid);
  EXPECT_EQ(outcome.diagnosed, (std::vector<std::string>{"/url http.url", "/within http.duration",
                                                         "/every http.duration"}));
  EXPECT_EQ(run_check(R"({"url":"${{ inputs.url }}"})", {kUp}, TestVerb::validate).status, kOk);
}

TEST(HttpCheck, SecretsAreSentAndNotLookedFor) {
  EXPECT_EQ(
      run_check(R"({"url":"http://x/","headers":{"A":"Bearer sr-secret.T.0123456789abcdef"}})",
                {kUp}, TestVerb::validate)
          .status,
      kOk);
  EXPECT_EQ(run_check(R"({"url":"http://x/sr-secret.T.0123456789abcdef/a",
                          "contains":"sr-secret.T.0123456789abcdef",
                          "expect_json":{"/a":"sr-secret.T.0123456789abcdef"}})",
                      {kUp}, TestVerb::validate)
                .diagnosed,
            (std::vector<std::string>{"/url http.secret", "/expect_json http.secret",
                                      "/contains http.secret"}));
}

TEST(HttpCheck, OtherMethodsAreProbes) {
  const TestOutcome outcome = run_check(
      R"({"url":"http://x/","method":"POST","json":{"a":1},"headers":{"content-type":"a/b"}})",
      {kUp});
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  const Value& request = outcome.effects.at(0).request;
  EXPECT_TRUE(request.boolean_or("probe", false));
  EXPECT_EQ(request.text_or("body"), R"({"a":1})");
  EXPECT_EQ(render_json(*request.find("headers")), R"({"content-type":"a/b"})");
}

TEST(HttpCheck, CertificatesAndTrustAreTheHostsToSee) {
  const auto check = [](int days) {
    return run_check(
        R"({"url":"https://x/","tls_days_left":14,"ca_file":"ca.pem"})",
        {R"({"event":"response","status":200,"headers":{},"body":"","tls_days_left":)" +
         std::to_string(days) + "}"});
  };
  EXPECT_EQ(check(14).status, kOk);
  EXPECT_EQ(check(14).effects.at(0).request.text_or("ca_file"), "ca.pem");
  EXPECT_EQ(check(13).fail_text,
            "https://x/: its certificate is valid for 13 more days, and 14 are the least");
}

TEST(HttpCheck, RightAnswersMustComeInARow) {
  const TestOutcome outcome =
      run_check(R"({"url":"http://x/","successes":2,"within":"1m","every":"1s"})",
                {kUp, kBusy, kUp, kDown, kUp, kUp});
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(outcome.outputs.at("attempts"), "6");
}

}  // namespace
}  // namespace stagerun
