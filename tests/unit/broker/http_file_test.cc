#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/base/limits.h"
#include "tests/unit/broker/broker_fixture.h"
#include "tests/unit/broker/loopback_server.h"

namespace stagerun {
namespace {

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class HttpFileTest : public BrokerTest {
 protected:
  LoopbackServer::Script say(const std::string& bytes) {
    return [this, bytes](Peer& peer) {
      seen = peer.read_request();
      peer.send(bytes);
    };
  }
  Value send(const LoopbackServer& server, const std::string& members) {
    return run(json(members).set("url", server.url()).set("purpose", "p"), "http/1");
  }
  std::string in_scratch(const std::string& name) const {
    const auto text = read_file(scope.scratch / name, 100 << 20);
    return text ? *text : "(none)";
  }

  std::string seen;
};

TEST_F(HttpFileTest, AnswerGoesToAFileAsItIs) {
  secrets.add("TOKEN", "hunter22");
  const std::string body = "hunter22\xFF" + std::string(3 * limits::kBodyBytes, 'x');
  const LoopbackServer server(say(ok(body)));
  const Value event = send(server, R"({"to_file": "got", "max_bytes": 100000000})");
  EXPECT_EQ(event.integer_or("body_bytes", 0), static_cast<std::int64_t>(body.size()));
  EXPECT_EQ(event.find("body"), nullptr);
  EXPECT_EQ(in_scratch("got"), body);
  const Value large = send(server, R"({"to_file": "got"})");
  EXPECT_EQ(large.text_or("code"), "http.too_large");
}

TEST_F(HttpFileTest, OnlyTheLastAnswerOfARedirectIsKept) {
  const LoopbackServer end(say(ok("arrived")));
  const LoopbackServer begin(say("HTTP/1.1 302 Found\r\nLocation: " + end.url() +
                                 "\r\nContent-Length: 20\r\n\r\nmoved somewhere else"));
  const Value event = send(begin, R"({"to_file": "got", "redirects": 1})");
  EXPECT_EQ(event.integer_or("body_bytes", 0), 7);
  EXPECT_EQ(in_scratch("got"), "arrived");
}

TEST_F(HttpFileTest, BodyComesFromAFileAsItIs) {
  const std::string body = "sr-secret.TOKEN.9f86d081884c7d65" + std::string(5 << 20, 'x');
  ASSERT_TRUE(write_file(scope.scratch / "body", body));
  const LoopbackServer server(say(ok("")));
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    Value request = json(R"({"body_file": "body", "purpose": "p"})").set("method", method);
    const Value event = run(request.set("url", server.url()), "http/1");
    EXPECT_EQ(event.integer_or("status", 0), 200) << method << render_json(event);
    EXPECT_TRUE(seen.starts_with(method));
    EXPECT_TRUE(seen.ends_with("\r\n\r\n" + body)) << method;
    EXPECT_EQ(seen.find("Content-Type"), std::string::npos);
    EXPECT_EQ(seen.find("Expect"), std::string::npos);
  }
}

TEST_F(HttpFileTest, BodyFromAFileIsSentAgainToWhereItMoved) {
  ASSERT_TRUE(write_file(scope.scratch / "body", "payload"));
  const LoopbackServer end(say(ok("arrived")));
  const LoopbackServer begin(
      say("HTTP/1.1 307 Moved\r\nLocation: " + end.url() + "\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(
      send(begin, R"({"method": "PUT", "body_file": "body", "redirects": 1})").text_or("body"),
      "arrived");
  EXPECT_TRUE(seen.ends_with("\r\n\r\npayload")) << seen;
  const LoopbackServer seen_other(
      say("HTTP/1.1 303 See\r\nLocation: " + end.url() + "\r\nContent-Length: 0\r\n\r\n"));
  send(seen_other, R"({"method": "PUT", "body_file": "body", "redirects": 1})");
  EXPECT_TRUE(seen.starts_with("GET ") && seen.ends_with("\r\n\r\n")) << seen;
}

TEST_F(HttpFileTest, EmptyFileIsAnEmptyBody) {
  ASSERT_TRUE(write_file(scope.scratch / "body", ""));
  const LoopbackServer server(say(ok("")));
  EXPECT_EQ(send(server, R"({"method": "POST", "body_file": "body"})").integer_or("status", 0),
            200);
  EXPECT_NE(seen.find("Content-Length: 0\r\n"), std::string::npos) << seen;
}

TEST_F(HttpFileTest, WhatScratchPretendsToBeIsNotTaken) {
  const LoopbackServer server(say(ok("answer")));
  ASSERT_TRUE(write_file(folder / "precious", "precious"));
  const auto try_with = [&](auto&& plant) {
    std::filesystem::remove(scope.scratch / "f");
    plant(scope.scratch / "f");
    EXPECT_EQ(send(server, R"({"method": "POST", "body_file": "f"})").text_or("code"),
              "http.request");
    EXPECT_EQ(send(server, R"({"to_file": "f"})").text_or("code"), "http.request");
  };
  try_with([&](const auto& at) { std::filesystem::create_symlink(folder / "precious", at); });
  try_with([&](const auto& at) { std::filesystem::create_hard_link(folder / "precious", at); });
  try_with([&](const auto& at) { ASSERT_EQ(::mkfifo(at.c_str(), 0600), 0); });
  EXPECT_EQ(server.connections(), 0);
  EXPECT_EQ(*read_file(folder / "precious", 100), "precious");
}

TEST_F(HttpFileTest, FullDiskIsALostAnswer) {
  const LoopbackServer server(say(ok(std::string(100'000, 'x'))));
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{4096, before.rlim_max};
  ::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Value event = send(server, R"({"to_file": "got", "method": "POST"})");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(event.text_or("code"), "http.lost");
  EXPECT_TRUE(event.boolean_or("may_have_happened", false));
}

TEST_F(HttpFileTest, MalformedRequestsAreRefused) {
  for (const char* text :
       {R"({"method": "POST", "body_file": "../x"})", R"({"method": "POST", "body_file": ""})",
        R"({"method": "POST", "body_file": "x", "body": "y"})", R"({"body_file": "x"})",
        R"({"to_file": "a/b"})", R"({"to_file": "x", "capture": {"a": "/b"}})",
        R"({"capture": {"A": "/b"}})", R"({"capture": {"": "/b"}})", R"({"capture": {"a": "b"}})",
        R"({"capture": ["/a"]})", R"({"probe": "yes"})", R"({"ca_file": "/etc/passwd"})",
        R"({"ca_file": 1})", R"({"max_bytes": 1048577})"}) {
    Value request = json(text).set("url", "http://127.0.0.1:1/").set("purpose", "p");
    EXPECT_EQ(refusal(request, "http/1"), "effect.request") << text;
  }
}

}  // namespace
}  // namespace stagerun
