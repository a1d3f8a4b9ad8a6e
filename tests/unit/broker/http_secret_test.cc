// What a server gets of secrets, and what nobody gets of them from a server.
#include <sys/stat.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "tests/unit/broker/broker_fixture.h"
#include "tests/unit/broker/loopback_server.h"

namespace stagerun {
namespace {

std::string response(const std::string& body, const std::string& head = "HTTP/1.1 200 OK\r\n") {
  return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class HttpSecretTest : public BrokerTest {
 protected:
  HttpSecretTest() { scope.secrets = {"TOKEN", "HOOK"}; }

  LoopbackServer::Script say(const std::string& bytes) {
    return [this, bytes](Peer& peer) {
      seen = peer.read_request();
      peer.send(bytes);
    };
  }
  Value send(const LoopbackServer& server, const std::string& members = "{}") {
    Value request = json(members);
    if (request.find("url") == nullptr) request.set("url", server.url());
    return run(request.set("purpose", "p"), "http/1");
  }
  std::string all_told() const {
    std::string text;
    for (const Told& one : sink.told) text += render_json(one.event) + "\n";
    for (const auto& intent : journal.all<EffectIntended>()) text += render_json(intent.request);
    for (const auto& one : journal.all<EffectSettled>()) text += render_json(one.outcome);
    return text;
  }
  std::string expand(const std::string& handle) const {
    const auto expanded = secrets.expand(handle, {scope.stage, scope.secrets});
    return expanded ? *expanded : expanded.error().text;
  }

  std::string value = "s3cr et&\"token";
  std::string token = secrets.add("TOKEN", value);
  std::string seen;  // the last request
};

TEST_F(HttpSecretTest, ServerGetsTheValueAndTheJournalTheHandle) {
  const LoopbackServer server(say(response("")));
  Value request = json(R"({"method": "POST", "headers": {"Content-Type": "application/json"}})");
  request.find("headers")->set("Authorization", "Bearer " + token);
  request.set("url", server.url("/?k=" + token)).set("body", R"({"k":")" + token + R"("})");
  run(request.set("purpose", "p"), "http/1");
  EXPECT_TRUE(seen.starts_with("POST /?k=s3cr%20et%26%22token HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("Authorization: Bearer s3cr et&\"token\r\n"), std::string::npos) << seen;
  EXPECT_TRUE(seen.ends_with(R"({"k":"s3cr et&\"token"})")) << seen;
  EXPECT_EQ(all_told().find("s3cr"), std::string::npos);
  EXPECT_NE(all_told().find(token), std::string::npos);
}

TEST_F(HttpSecretTest, WhatTheServerSaysOfItIsTakenOut) {
  const LoopbackServer server(
      say(response("you sent " + value + "!", "HTTP/1.1 200 OK\r\nX-Echo: a" + value + "\r\n")));
  const Value event = send(server);
  EXPECT_EQ(event.text_or("body"), "you sent ***!");
  EXPECT_EQ(*event.at("/headers/x-echo/0"), Value("a***"));
  const LoopbackServer binary(say(response("\xFF" + value + "\xFE")));
  EXPECT_EQ(send(binary).text_or("body_base64"), to_base64("\xFF***\xFE"));
  EXPECT_EQ(all_told().find("s3cr"), std::string::npos);
}

TEST_F(HttpSecretTest, CapturedSecretIsAHandleBeforeAnybodySeesIt) {
  const LoopbackServer server(say(
      response(R"({"id": 7, "data": [{"token": "c4ptured\"value"}], "same": "c4ptured\"value"})",
               "HTTP/1.1 201 Created\r\nX-Token: c4ptured\"value\r\n")));
  const Value event =
      send(server, R"({"method": "POST", "capture": {"key": "/data/0/token", "none": "/data/1"}})");
  const std::string handle = secrets.handle("deploy:key");
  EXPECT_EQ(*event.find("captured"), Value::object().set("key", handle));
  EXPECT_EQ(event.text_or("body"),
            R"({"id":7,"data":[{"token":")" + handle + R"("}],"same":"***"})");
  EXPECT_EQ(*event.at("/headers/x-token/0"), Value("***"));
  EXPECT_EQ(expand(handle), "c4ptured\"value");
  EXPECT_EQ(all_told().find("c4ptured"), std::string::npos);
}

TEST_F(HttpSecretTest, CapturedSecretIsItsStagesOwnAndOthersNeedItGranted) {
  const LoopbackServer server(say(response(R"({"token": "c4ptured"})")));
  const std::string handle = secrets.handle("deploy:key");
  EXPECT_EQ(*send(server, R"({"capture": {"key": "/token"}})").at("/captured/key"), Value(handle));
  const Value request =
      shell("printf %s \"$K\" > got").set("env", Value::object().set("K", handle));
  EXPECT_EQ(refusal(request), "");
  EXPECT_EQ(*read_file(scope.workspace / "got", 100), "c4ptured");
  scope.stage = "other";
  EXPECT_EQ(refusal(request), "effect.secret");
  scope.secrets = {"deploy:key"};
  EXPECT_EQ(refusal(request), "");
}

TEST_F(HttpSecretTest, WhatIsCapturedMayBeMoreThanAText) {
  const LoopbackServer server(
      say(response(R"({"o": {"a": 1}, "n": 123456, "t": true, "e": "", "z": null})")));
  const Value event =
      send(server, R"({"capture": {"o": "/o", "n": "/n", "t": "/t", "e": "/e", "z": "/z"}})");
  EXPECT_EQ(event.find("captured")->members()->size(), 2u);
  EXPECT_EQ(expand(secrets.handle("deploy:o")), R"({"a":1})");
  EXPECT_EQ(expand(secrets.handle("deploy:n")), "123456");
}

TEST_F(HttpSecretTest, AnswerThatShouldHoldASecretAndCannotBeReadIsNotShown) {
  const LoopbackServer server(say(response(R"({"token": "c4ptured", "n": 18446744073709551616})")));
  const Value event = send(server, R"({"capture": {"key": "/token"}})");
  EXPECT_EQ(event.integer_or("status", 0), 200);
  EXPECT_EQ(event.text_or("body"), "");
  EXPECT_EQ(*event.find("captured"), Value::object());
  const LoopbackServer angry(say(response("try later", "HTTP/1.1 503 Busy\r\n")));
  EXPECT_EQ(send(angry, R"({"capture": {"key": "/token"}})").text_or("body"), "try later");
}

TEST_F(HttpSecretTest, SecretThatCannotBeKeptIsNotShownEither) {
  const std::string large(limits::kSecretBytes + 1, 'x');
  const LoopbackServer server(say(response(R"({"token": ")" + large + R"("})")));
  const Value event = send(server, R"({"capture": {"key": "/token"}})");
  EXPECT_EQ(event.text_or("body"), R"({"token":"***"})");
  EXPECT_EQ(*event.find("captured"), Value::object());
}

TEST_F(HttpSecretTest, SecretUrlIsReachedOnlyWhereTheManifestNamesIt) {
  const LoopbackServer server(say(response("in")));
  const LoopbackServer other(say(response("other")));
  const std::string hook = secrets.add("HOOK", server.url("/T0/B0/hook-s3cr3t"));
  scope.grants.hosts = {hook};
  EXPECT_EQ(run(Value::object().set("url", hook), "http/1").text_or("body"), "in");
  EXPECT_TRUE(seen.starts_with("GET /T0/B0/hook-s3cr3t HTTP/1.1"));
  EXPECT_EQ(refusal(Value::object().set("url", other.url()), "http/1"), "effect.host");
  scope.secrets = {};
  EXPECT_EQ(refusal(Value::object().set("url", server.url()), "http/1"), "effect.host");
  EXPECT_EQ(all_told().find("s3cr3t"), std::string::npos);
}

TEST_F(HttpSecretTest, SecretsDoNotFollowToAnotherPlace) {
  const LoopbackServer end(say(response("arrived")));
  const LoopbackServer begin(
      say("HTTP/1.1 307 Moved\r\nLocation: " + end.url() + "\r\nContent-Length: 0\r\n\r\n"));
  Value request = json(R"({"redirects": 1, "headers": {"User-Agent": "me"}})");
  request.find("headers")->set("Accept", token).set("Authorization", token);
  run(request.set("url", begin.url()), "http/1");
  EXPECT_EQ(end.connections(), 1);
  EXPECT_EQ(seen.find("s3cr"), std::string::npos) << seen;
  EXPECT_NE(seen.find("User-Agent: me\r\n"), std::string::npos);
  Value post = json(R"({"method": "POST", "redirects": 1, "purpose": "p"})");
  const Value event = run(post.set("url", begin.url()).set("body", token), "http/1");
  EXPECT_EQ(event.text_or("code"), "http.request");
  EXPECT_EQ(end.connections(), 1);
}

TEST_F(HttpSecretTest, ProbeNeedsNoBaselineAndIsNoneWhereNothingMayChange) {
  const LoopbackServer server(say(response("{}")));
  scope.has_baseline = false;
  const char* probe = R"({"method": "POST", "body": "q", "probe": true})";
  EXPECT_EQ(send(server, probe).integer_or("status", 0), 200);
  EXPECT_EQ(journal.all<EffectIntended>().back().access, Access::read);
  EXPECT_EQ(send(server, R"({"method": "POST"})").text_or("code"), "effect.no_baseline");
  scope.verb = Verb::verify;
  EXPECT_EQ(send(server, probe).text_or("code"), "effect.write_in_verify");
}

}  // namespace
}  // namespace stagerun
