#include "tests/unit/broker/broker_fixture.h"
#include "tests/unit/broker/tls_server.h"

namespace stagerun {
namespace {

class HttpTlsTest : public BrokerTest {
 protected:
  HttpTlsTest() { make_certificates(scope.workspace, "a", 30, 400); }

  Value get(const std::string& url, const std::string& ca_file = "") {
    Value request = Value::object().set("url", url);
    if (!ca_file.empty()) request.set("ca_file", ca_file);
    return run(request, "http/1");
  }
  std::string seen() const {
    const auto text = read_file(scope.workspace / "a.seen", 1 << 20);
    return text ? *text : "";
  }
};

TEST_F(HttpTlsTest, ServerWithoutATrustedCertificateIsNotSpokenTo) {
  const TlsServer server(scope.workspace, "a");
  Value request = json(R"({"method": "POST", "purpose": "p", "body": "secret plans"})");
  const Value event = run(request.set("url", server.url()), "http/1");
  EXPECT_EQ(event.text_or("code"), "http.tls");
  EXPECT_FALSE(event.boolean_or("may_have_happened", true));
  EXPECT_EQ(seen(), "");
}

TEST_F(HttpTlsTest, AuthorityOfTheWorkspaceIsTrustedForThatRequest) {
  const TlsServer server(scope.workspace, "a");
  const Value event = get(server.url(), "a.ca.pem");
  EXPECT_EQ(event.text_or("body"), "GET /x ");
  EXPECT_EQ(get(server.url()).text_or("code"), "http.tls");
}

TEST_F(HttpTlsTest, AnotherAuthorityIsNotTrusted) {
  make_certificates(scope.workspace, "b", 30, 400);
  const TlsServer server(scope.workspace, "a");
  EXPECT_EQ(get(server.url(), "b.ca.pem").text_or("code"), "http.tls");
  EXPECT_EQ(get(server.url(), "a.ca.pem").integer_or("status", 0), 200);
  EXPECT_EQ(get(server.url(), "b.ca.pem").text_or("code"), "http.tls");
}

TEST_F(HttpTlsTest, NameOfTheHostMustBeTheCertificates) {
  const TlsServer server(scope.workspace, "a");
  EXPECT_EQ(get(server.url("localhost"), "a.ca.pem").text_or("code"), "http.tls");
}

TEST_F(HttpTlsTest, DaysOfTheCertificateThatExpiresFirstAreTold) {
  const TlsServer server(scope.workspace, "a");
  EXPECT_EQ(get(server.url(), "a.ca.pem").integer_or("tls_days_left", -1), 29);
  // Over the connection that was kept.
  EXPECT_EQ(get(server.url(), "a.ca.pem").integer_or("tls_days_left", -1), 29);
  make_certificates(scope.workspace, "c", 30, 10);
  const TlsServer other(scope.workspace, "c");
  EXPECT_EQ(get(other.url(), "c.ca.pem").integer_or("tls_days_left", -1), 9);
}

TEST_F(HttpTlsTest, AuthorityThatCannotBeReadIsNoReasonToTrustAnother) {
  const TlsServer server(scope.workspace, "a");
  ASSERT_TRUE(write_file(scope.workspace / "empty", ""));
  ASSERT_TRUE(write_file(scope.workspace / "garbage", "no certificate"));
  EXPECT_EQ(get(server.url(), "none").text_or("code"), "http.request");
  EXPECT_EQ(get(server.url(), "empty").text_or("code"), "http.request");
  EXPECT_EQ(get(server.url(), "garbage").text_or("code"), "http.tls");
  EXPECT_EQ(get(server.url(), "../a.ca.pem").text_or("code"), "effect.request");
}

}  // namespace
}  // namespace stagerun
