#include "core/broker/secret_url.h"

#include <gtest/gtest.h>

namespace stagerun {
namespace {

// What stands there, "(none)", or "(no URL)".
std::string part(const std::string& url, const std::string& name) {
  const auto found = url_part(url, name);
  if (!found) return "(no URL)";
  return found->value_or("(none)");
}

TEST(SecretUrl, PartsOfADatabaseUrl) {
  const char* url = "postgresql+psycopg2://app:s%40cr%2Ft@db.internal:5432/main?sslmode=require&x=";
  EXPECT_EQ(part(url, "scheme"), "postgresql+psycopg2");
  EXPECT_EQ(part(url, "user"), "app");
  EXPECT_EQ(part(url, "password"), "s@cr/t");
  EXPECT_EQ(part(url, "host"), "db.internal");
  EXPECT_EQ(part(url, "port"), "5432");
  EXPECT_EQ(part(url, "path"), "/main");
  EXPECT_EQ(part(url, "query.sslmode"), "require");
  EXPECT_EQ(part(url, "query.x"), "(none)");
  EXPECT_EQ(part(url, "query.ssl"), "(none)");
}

TEST(SecretUrl, WhatIsNotThereIsNotThere) {
  for (const char* name : {"user", "password", "port", "path", "query.a"}) {
    EXPECT_EQ(part("redis://cache", name), "(none)") << name;
  }
  EXPECT_EQ(part("sqlite:///data/app.db", "host"), "(none)");
  EXPECT_EQ(part("sqlite:///data/app.db", "path"), "/data/app.db");
  EXPECT_EQ(part("redis://:pw@cache/0", "user"), "(none)");
  EXPECT_EQ(part("redis://:pw@cache/0", "password"), "pw");
}

TEST(SecretUrl, OddButUsualFormsAreUnderstood) {
  EXPECT_EQ(part("amqp://u:p@ss:w@[2001:db8::1]:5672/%2Fvhost", "password"), "p@ss:w");
  EXPECT_EQ(part("amqp://u:p@[2001:db8::1]:5672/%2Fvhost", "host"), "2001:db8::1");
  EXPECT_EQ(part("amqp://u:p@[2001:db8::1]:5672/%2Fvhost", "port"), "5672");
  EXPECT_EQ(part("amqp://u:p@[2001:db8::1]/%2Fvhost", "path"), "//vhost");
  EXPECT_EQ(part("mongodb://u:p@a:1,b:2/db?replicaSet=r&a=1", "host"), "a:1,b:2");
  EXPECT_EQ(part("mongodb://u:p@a:1,b:2/db", "port"), "(none)");
  EXPECT_EQ(part("http://h?q=1#?q=2", "query.q"), "1");
  EXPECT_EQ(part("http://h/?a%20b=c+d", "query.a b"), "c+d");
  EXPECT_EQ(part("http://h/100%", "path"), "/100%");
  EXPECT_EQ(part("http://h/%zz%4", "path"), "/%zz%4");
}

TEST(SecretUrl, OtherThingsAreNoUrl) {
  for (const char* text : {"", "hunter2", "://x", "host=db user=app", "1a://x", "a b://x",
                           "http://h:port/", "mailto:a@b"}) {
    EXPECT_EQ(part(text, "host"), "(no URL)") << text;
  }
}

TEST(SecretUrl, EncodingIsUndoneByDecoding) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode(" /\xC3\xA9"), "%20%2F%C3%A9");
}

TEST(SecretUrl, PartsThatAreSecretsAreToldByTheirNames) {
  for (const char* name : {"password", "query.password", "query.sslpassword", "query.API_KEY",
                           "query.X-Amz-Signature", "query.token"}) {
    EXPECT_TRUE(is_secret_part(name)) << name;
  }
  for (const char* name : {"user", "host", "query.sslmode"}) EXPECT_FALSE(is_secret_part(name));
  for (const char* name : {"", "pass", "query.", "fragment"}) EXPECT_FALSE(is_url_part(name));
}

}  // namespace
}  // namespace stagerun
