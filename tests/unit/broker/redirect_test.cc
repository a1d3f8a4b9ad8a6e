#include <gtest/gtest.h>

#include "core/broker/http_request.h"

namespace stagerun {
namespace {

HttpRequest request_to(const std::string& url, const std::string& method) {
  HttpRequest request;
  request.method = method;
  request.url = url;
  request.target = *parse_url(url);
  request.headers = {{"Authorization", "secret"}, {"Accept", "text/plain"}};
  request.body = "body";
  request.redirects = 1;
  return request;
}

TEST(Redirect, ToAnotherPlaceLeavesCredentialsBehind) {
  const auto next = redirected(request_to("http://a.test/", "PUT"), 307, "http://b.test/");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->headers.size(), 1u);
  EXPECT_EQ(next->headers.front().first, "Accept");
  EXPECT_EQ(next->method, "PUT");
  EXPECT_EQ(next->redirects, 0);
}

TEST(Redirect, WithinOnePlaceKeepsHeaders) {
  const auto next = redirected(request_to("http://a.test/", "PUT"), 308, "http://a.test/x");
  ASSERT_TRUE(next);
  EXPECT_EQ(next->headers.size(), 2u);
  EXPECT_EQ(next->body, "body");
}

TEST(Redirect, OfAPostThatHasMovedIsAskedForWithGet) {
  for (const int status : {301, 302, 303}) {
    const auto next = redirected(request_to("http://a.test/", "POST"), status, "http://a.test/x");
    ASSERT_TRUE(next);
    EXPECT_EQ(next->method, "GET");
    EXPECT_FALSE(next->body);
  }
}

TEST(Redirect, NeverLeadsOutOfTls) {
  EXPECT_FALSE(redirected(request_to("https://a.test/", "GET"), 302, "http://a.test/"));
  EXPECT_FALSE(redirected(request_to("https://a.test/", "GET"), 302, "file:///etc/passwd"));
}

}  // namespace
}  // namespace stagerun
