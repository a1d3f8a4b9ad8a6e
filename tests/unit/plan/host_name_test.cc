#include "core/plan/host_name.h"

#include <gtest/gtest.h>

namespace stagerun {
namespace {

TEST(HostName, OfAUrlHasThePortOfItsScheme) {
  EXPECT_EQ(host_of_url("https://Example.COM/a?b#c"), "example.com:443");
  EXPECT_EQ(host_of_url("HTTP://example.com"), "example.com:80");
  EXPECT_EQ(host_of_url("http://localhost:8080/x:1@y"), "localhost:8080");
  EXPECT_EQ(host_of_url("https://[::1]:9/"), "[::1]:9");
  EXPECT_EQ(host_of_url("https://[FE80::1]?q"), "[fe80::1]:443");
}

TEST(HostName, UserInformationIsNoHost) {
  EXPECT_EQ(host_of_url("https://good.example:443@evil.example/"), "evil.example:443");
  EXPECT_EQ(host_of_url("https://u:p@a.example"), "a.example:443");
}

TEST(HostName, WhatCouldBeReadInTwoWaysIsNone) {
  for (const char* url : {"https://a@b@c/",
                          "https://good.example\\@evil.example/",
                          "https://evil.example\\/x",
                          "https://a b/",
                          "https://a\t.example/",
                          "https://a%2eb/",
                          "https://\xC3\xA4.example/",
                          "https://[::1",
                          "https://[::1]x",
                          "https://[]/",
                          "https://:80/",
                          "https:///x",
                          "https://",
                          "ftp://a.example",
                          "//a.example",
                          "a.example",
                          "",
                          "https://a:0/",
                          "https://a:65536/",
                          "https://a:/",
                          "https://a:+1/",
                          "https://a:1:2/",
                          "https://${{ stages.x.outputs.y }}/"}) {
    EXPECT_FALSE(host_of_url(url).has_value()) << url;
  }
}

TEST(HostName, ByItselfMeansHttps) {
  EXPECT_EQ(host_of_name("Api.example.com"), "api.example.com:443");
  EXPECT_EQ(host_of_name("a:8443"), "a:8443");
  EXPECT_EQ(host_of_name("[::1]"), "[::1]:443");
  EXPECT_FALSE(host_of_name("*.example.com").has_value());
  EXPECT_FALSE(host_of_name("").has_value());
}

}  // namespace
}  // namespace stagerun
