#include "core/base/url.h"

#include <gtest/gtest.h>

namespace stagerun {
namespace {

std::string authority(const std::string& text) {
  const Result<Url> url = parse_url(text);
  return url ? url->authority : "";
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

TEST(Url, WhatCouldBeReadInTwoWaysIsNone) {
  for (const char* url :
       {"https://a@b@c/", "https://good.example\\@evil.example/", "https://evil.example\\/x",
        "https://\xC3\xA4.example/", "https://[::1", "https://[::1]x", "https://[]/",
        "https://:80/", "https:///x", "https://a:1:2/", "https://a:+1/",
        "https://${{ stages.x.outputs.y }}/"}) {
    EXPECT_FALSE(parse_url(url).has_value()) << url;
  }
}

TEST(Authority, TakesTheDefaultPortWhereItHasNone) {
  EXPECT_EQ(parse_authority("Api.example.com", "443"), "api.example.com:443");
  EXPECT_EQ(parse_authority("a:8443", "443"), "a:8443");
  EXPECT_EQ(parse_authority("[::1]", "80"), "[::1]:80");
  EXPECT_FALSE(parse_authority("*.example.com", "443").has_value());
  EXPECT_FALSE(parse_authority("a:", "443").has_value());
  EXPECT_FALSE(parse_authority("", "443").has_value());
}

}  // namespace
}  // namespace stagerun
