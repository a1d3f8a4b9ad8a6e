#include "core/base/limits.h"
#include "core/base/text.h"
#include "tests/unit/broker/broker_fixture.h"
#include "tests/unit/broker/loopback_server.h"

namespace stagerun {
namespace {

// What a script says to a whole request.
LoopbackServer::Script answer(const std::string& bytes) {
  return [bytes](Peer& peer) {
    peer.read_request();
    peer.send(bytes);
  };
}

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class HttpTest : public BrokerTest {
 protected:
  Value get(const LoopbackServer& server, const std::string& members = "{}") {
    return run(json(members).set("url", server.url()), "http/1");
  }
  Value post(const LoopbackServer& server, const std::string& members = "{}") {
    Value request = json(members).set("url", server.url()).set("purpose", "p");
    return run(request.set("method", "POST").set("body", "payload"), "http/1");
  }
  // Of a failure: its code, and whether it may have happened.
  static std::string failure(const Value& event) {
    return event.text_or("code") + (event.boolean_or("may_have_happened", false) ? "?" : "");
  }
};

TEST_F(HttpTest, ResponseHasStatusHeadersAndBody) {
  LoopbackServer server(
      answer("HTTP/1.1 404 Not Found\r\nX-A: 1\r\nx-a:2\r\nContent-Length: 4\r\n"
             "\r\ngone"));
  Value event = get(server);
  EXPECT_EQ(event.text_or("event"), "response");
  EXPECT_EQ(event.integer_or("status", 0), 404);
  EXPECT_EQ(event.text_or("body"), "gone");
  EXPECT_EQ(*event.at("/headers/x-a"), json(R"(["1", "2"])"));
  EXPECT_GE(event.integer_or("elapsed_ms", -1), 0);
}

TEST_F(HttpTest, RequestIsSentAsAskedForAndNothingIsAdded) {
  std::string seen;
  LoopbackServer server([&](Peer& peer) {
    seen = peer.read_request();
    peer.send(ok(""));
  });
  post(server, R"({"headers": {"X-Key": "k", "Empty": ""}})");
  EXPECT_TRUE(seen.starts_with("POST / HTTP/1.1\r\n"));
  EXPECT_NE(seen.find("X-Key: k\r\n"), std::string::npos);
  EXPECT_NE(seen.find("Empty:\r\n"), std::string::npos);
  EXPECT_NE(seen.find("User-Agent: stagerun\r\n"), std::string::npos);
  EXPECT_NE(seen.find("Host: " + server.authority() + "\r\n"), std::string::npos);
  EXPECT_EQ(seen.find("Content-Type"), std::string::npos);
  EXPECT_EQ(seen.find("Expect"), std::string::npos);
  EXPECT_TRUE(seen.ends_with("\r\n\r\npayload"));
}

TEST_F(HttpTest, HeadHasNoBody) {
  LoopbackServer server(answer("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"));
  EXPECT_EQ(get(server, R"({"method": "HEAD"})").integer_or("status", 0), 200);
}

TEST_F(HttpTest, BodyThatIsNoTextComesInBase64) {
  LoopbackServer server(answer(ok("\xFF\xFE")));
  const Value event = get(server);
  EXPECT_EQ(event.text_or("body_base64"), to_base64("\xFF\xFE"));
  EXPECT_EQ(event.find("body"), nullptr);
}

TEST_F(HttpTest, BodyIsBounded) {
  LoopbackServer server(answer(ok("12345")));
  EXPECT_EQ(get(server, R"({"max_bytes": 5})").text_or("body"), "12345");
  EXPECT_EQ(failure(get(server, R"({"max_bytes": 4})")), "http.too_large");
  EXPECT_EQ(failure(post(server, R"({"max_bytes": 4})")), "http.too_large?");
}

TEST_F(HttpTest, EndlessBodyIsGivenUp) {
  LoopbackServer server([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    while (peer.send(std::string(10'000, 'x'))) {
    }
  });
  EXPECT_EQ(failure(get(server)), "http.too_large");
}

TEST_F(HttpTest, EndlessHeadersAreGivenUp) {
  LoopbackServer server([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\n");
    while (peer.send("X-More: " + std::string(100, 'x') + "\r\n")) {
    }
  });
  EXPECT_EQ(failure(get(server)), "http.too_large");
}

TEST_F(HttpTest, EndlessInterimAnswersAreGivenUp) {
  LoopbackServer server([](Peer& peer) {
    peer.read_request();
    while (peer.send("HTTP/1.1 100 Continue\r\n\r\n")) {
    }
  });
  EXPECT_EQ(failure(get(server)), "http.too_large");
}

TEST_F(HttpTest, GarbageIsALostAnswer) {
  LoopbackServer server(answer(std::string("\0\1\2 this is not HTTP\n", 20)));
  EXPECT_EQ(failure(get(server)), "http.lost");
  EXPECT_EQ(failure(post(server)), "http.lost?");
}

TEST_F(HttpTest, ConnectionThatClosesEarlyIsALostAnswer) {
  LoopbackServer silent([](Peer& peer) { peer.read_request(); });
  EXPECT_EQ(failure(post(silent)), "http.lost?");
  LoopbackServer half(answer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123"));
  EXPECT_EQ(failure(post(half)), "http.lost?");
  EXPECT_EQ(failure(get(half)), "http.lost");
}

TEST_F(HttpTest, AnswerThatTakesTooLongTimesOut) {
  LoopbackServer server([](Peer& peer) {
    peer.read_request();
    peer.wait_for_end();
  });
  EXPECT_EQ(failure(get(server, R"({"timeout_ms": 50})")), "http.timeout");
  EXPECT_EQ(failure(post(server, R"({"timeout_ms": 50})")), "http.timeout?");
}

TEST_F(HttpTest, DrippingAnswerTimesOutAsAWhole) {
  LoopbackServer server([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (peer.send("x")) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  });
  EXPECT_EQ(failure(get(server, R"({"timeout_ms": 100})")), "http.timeout");
}

TEST_F(HttpTest, RefusedConnectionHasNotHappened) {
  std::string url;
  {
    const LoopbackServer gone(answer(""));
    url = gone.url();
  }
  Value request = json(R"({"method": "POST", "purpose": "p"})");
  EXPECT_EQ(failure(run(request.set("url", url), "http/1")), "http.connect");
}

TEST_F(HttpTest, NameThatDoesNotResolveHasNotHappened) {
  Value request = json(R"({"method": "POST", "purpose": "p", "url": "http://x.invalid/"})");
  EXPECT_EQ(failure(run(request, "http/1")), "http.resolve");
}

TEST_F(HttpTest, PlainAnswerToTlsHasNotHappened) {
  LoopbackServer server([](Peer& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  Value request = json(R"({"method": "POST", "purpose": "p"})");
  EXPECT_EQ(failure(run(request.set("url", "https://" + server.authority()), "http/1")),
            "http.tls");
}

TEST_F(HttpTest, RedirectIsAnAnswerUnlessItIsToBeFollowed) {
  LoopbackServer end(answer(ok("arrived")));
  LoopbackServer begin(
      answer("HTTP/1.1 302 Found\r\nLocation: " + end.url("/x") + "\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(get(begin).integer_or("status", 0), 302);
  EXPECT_EQ(end.connections(), 0);
  EXPECT_EQ(get(begin, R"({"redirects": 1})").text_or("body"), "arrived");
}

TEST_F(HttpTest, RedirectsAreCounted) {
  LoopbackServer server(
      answer("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n"
             "Connection: close\r\n\r\n"));
  EXPECT_EQ(get(server, R"({"redirects": 3})").integer_or("status", 0), 302);
  EXPECT_EQ(server.connections(), 4);
}

TEST_F(HttpTest, RedirectToAHostOutsideTheManifestIsNotFollowed) {
  LoopbackServer end(answer(ok("arrived")));
  LoopbackServer begin(
      answer("HTTP/1.1 307 Moved\r\nLocation: " + end.url() + "\r\nContent-Length: 0\r\n\r\n"));
  scope.grants.hosts = {begin.authority()};
  EXPECT_EQ(failure(post(begin, R"({"redirects": 1})")), "http.request?");
  EXPECT_EQ(end.connections(), 0);
}

TEST_F(HttpTest, WriteIsNeverSentTwiceOverAKeptConnection) {
  std::atomic<int> posts = 0;
  LoopbackServer server([&](Peer& peer) {
    posts += peer.read_request().starts_with("POST") ? 1 : 0;
    peer.send(ok("first"));
    posts += peer.read_request().starts_with("POST") ? 1 : 0;  // and hangs up without a word
  });
  EXPECT_EQ(get(server).text_or("body"), "first");
  EXPECT_EQ(post(server).text_or("body"), "first");
  EXPECT_EQ(posts, 1);
}

TEST_F(HttpTest, CancelGivesItUp) {
  LoopbackServer server([](Peer& peer) {
    peer.read_request();
    peer.wait_for_end();
  });
  Value request = json(R"({"method": "POST", "purpose": "p"})").set("url", server.url());
  broker->start(scope, sink, 1, "http/1", request);
  poll_until([&] { return server.connections() == 1; });
  broker->cancel(sink, 1);
  run_until([&] { return sink.lasts == 1; });
  EXPECT_EQ(sink.last(1), json(R"({"event": "cancelled", "may_have_happened": true})"));
}

TEST_F(HttpTest, CancelIsCleanInWhateverTurnItComes) {
  LoopbackServer server([](Peer& peer) { peer.wait_for_end(); });
  for (std::uint32_t ticket = 1; ticket <= 8; ++ticket) {
    broker->start(scope, sink, ticket, "http/1", Value::object().set("url", server.url()));
    std::uint32_t turns = 0;
    run_until([&] {
      loop->after(0, [] {});
      return ++turns > ticket;
    });
    broker->cancel(sink, ticket);
    run_until([&] { return sink.lasts == ticket; });
    EXPECT_EQ(sink.last(ticket).text_or("event"), "cancelled");
  }
}

TEST_F(HttpTest, ManyAtOnceAllGetTheirAnswers) {
  LoopbackServer server(answer(ok("hello")));
  for (std::uint32_t ticket = 1; ticket <= 50; ++ticket) {
    broker->start(scope, sink, ticket, "http/1", Value::object().set("url", server.url()));
  }
  run_until([&] { return sink.lasts == 50; });
  for (std::uint32_t ticket = 1; ticket <= 50; ++ticket) {
    EXPECT_EQ(sink.last(ticket).text_or("body"), "hello");
  }
}

TEST_F(HttpTest, BrokerMayGoWhileRequestsAreUnderWay) {
  LoopbackServer server([](Peer& peer) { peer.wait_for_end(); });
  broker->start(scope, sink, 1, "http/1", Value::object().set("url", server.url()));
  poll_until([&] { return server.connections() == 1; });
  broker.reset();
  EXPECT_EQ(sink.lasts, 0u);
}

TEST_F(HttpTest, MalformedRequestsAreRefused) {
  for (const char* text :
       {R"({})", R"({"url": "ftp://x/"})", R"({"url": "http://x/", "method": "get"})",
        R"({"url": "http://x/", "method": "GET / HTTP/1.1\r\nX: "})",
        R"({"url": "http://x/", "method": "CONNECT"})", R"({"url": "http://x/", "body": "b"})",
        R"({"url": "http://x/", "headers": {"A": "b\r\nC: d"}})",
        R"({"url": "http://x/", "headers": {"A\r\nB": "c"}})",
        R"({"url": "http://x/", "headers": {"Content-Length": "3"}})",
        R"({"url": "http://x/", "headers": {"transfer-encoding": "chunked"}})",
        R"({"url": "http://x/", "headers": {"A": 1}})", R"({"url": "http://x/", "proxy": "y"})",
        R"({"url": "http://x/", "max_bytes": 1048577})", R"({"url": "http://x/", "redirects": 11})",
        R"({"url": "http://x/", "timeout_ms": 0})", R"({"url": "http://x/", "method": "PUT",
           "body": {}})"}) {
    EXPECT_EQ(refusal(json(text).set("purpose", "p"), "http/1"), "effect.request") << text;
  }
}

}  // namespace
}  // namespace stagerun
