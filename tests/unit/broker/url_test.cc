#include "core/broker/url.h"

#include <gtest/gtest.h>

#include "core/broker/http_request.h"

namespace stagerun {
namespace {

std::string authority(const std::string& text) {
  const Result<Url> url = parse_url(text);
  return url ? url->authority : "";
}

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

TEST(Url, NamesHostAndPort) {
  EXPECT_EQ(authority("https://api.example.com/path?x=1#y"), "api.example.com:443");
  EXPECT_EQ(authority("http://API.example.com"), "api.example.com:80");
  EXPECT_EQ(authority("http://localhost:8080?x"), "localhost:8080");
  EXPECT_EQ(authority("http://[::1]:9/"), "[::1]:9");
  EXPECT_EQ(authority("https://[::1]"), "[::1]:443");
}

TEST(Url, RefusesWhatTwoParsersCouldReadInTwoWays) {
  for (const char* text : {"",
                           "api.example.com",
                           "ftp://x/",
                           "HTTP://x/",
                           "http://",
                           "http:///x",
                           "http://a b/",
                           "http://user@x/",
                           "http://u:p@x/",
                           "http://x\\@y/",
                           "http://x:/",
                           "http://x:0/",
                           "http://x:080/",
                           "http://x:65536/",
                           "http://x:80:90/",
                           "http://[::1/",
                           "http://x\n/",
                           "http://\xC3\xA4.test/",
                           "http://x%2f/",
                           "http://a[b]/",
                           "https:/x",
                           "http://x:8a/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
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
