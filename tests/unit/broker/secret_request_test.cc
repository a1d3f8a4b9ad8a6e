#include "core/broker/secret_request.h"

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/limits.h"

namespace stagerun {
namespace {

class SecretRequestTest : public testing::Test {
 protected:
  // The request with `$` standing for the handle of the value; opened, as JSON; or the refusal.
  std::string open(const std::string& kind, std::string request) {
    const std::string handle = secrets.add("deploy:key", value);
    for (std::size_t at = request.find('$'); at != std::string::npos; at = request.find('$', at)) {
      request.replace(at, 1, handle);
    }
    const auto opened = open_request(kind, *parse_json(request), secrets, {"deploy", {}});
    if (const auto* refusal = std::get_if<Refusal>(&opened)) return refusal->code;
    return render_json(std::get<Value>(opened));
  }

  SecretStore secrets{"9f86d081884c7d65"};
  std::string value = "s3cr et&\"x";
};

TEST_F(SecretRequestTest, ProcessesGetThemInTheirEnvironmentAndInput) {
  EXPECT_EQ(open("process/1", R"({"env":{"A":"x$","B":"y"},"input":"$\n"})"),
            R"({"env":{"A":"xs3cr et&\"x","B":"y"},"input":"s3cr et&\"x\n"})");
}

TEST_F(SecretRequestTest, NowhereElseMayAHandleStand) {
  const std::vector<std::pair<std::string, std::string>> kBad = {
      {"process/1", R"({"argv":["x","$"]})"},
      {"process/1", R"({"shell":"echo $"})"},
      {"process/1", R"({"argv":["x"],"purpose":"p $"})"},
      {"process/1", R"({"argv":["x"],"id":"$"})"},
      {"process/1", R"({"argv":["x"],"cwd":"$"})"},
      {"process/1", R"({"argv":["x"],"env":{"$":"b"}})"},
      {"process/1", R"({"argv":["x"],"output_file":"$"})"},
      {"process/1", R"({"argv":["x"],"$":"b"})"},
      {"process/1", R"({"argv":["x"],"body":"$"})"},
      {"http/1", R"({"url":"http://$/"})"},
      {"http/1", R"({"url":"$/x"})"},
      {"http/1", R"({"url":"http://a/$?x"})"},
      {"http/1", R"({"url":"http://a/","headers":{"$":"b"}})"},
      {"http/1", R"({"url":"http://a/","method":"$"})"},
      {"http/1", R"({"url":"http://a/","body_file":"$"})"},
      {"file/1", R"({"write":"$","text":"b"})"},
      {"secret/1", R"({"op":"open","env":"$"})"},
      {"secret/1", R"({"op":"url_part","value":"x","part":"$"})"},
      {"timer/1", R"({"after_ms":"$"})"},
      {"other/1", R"({"env":{"a":"$"}})"}};
  for (const auto& [kind, request] : kBad) {
    EXPECT_EQ(open(kind, request), "effect.secret") << kind << " " << request;
  }
}

TEST_F(SecretRequestTest, UrlMayBeTheSecretOrHoldItPercentEncodedInItsQuery) {
  EXPECT_EQ(open("http/1", R"({"url":"http://a/?k=$&l=$"})"),
            R"({"url":"http://a/?k=s3cr%20et%26%22x&l=s3cr%20et%26%22x"})");
  value = "https://hooks.example.com/T0/x";
  EXPECT_EQ(open("http/1", R"({"url":"$"})"), R"({"url":"https://hooks.example.com/T0/x"})");
}

TEST_F(SecretRequestTest, BodyStaysWhatItIsWhateverAValueHolds) {
  EXPECT_EQ(open("http/1", R"({"body":"k=$"})"), R"({"body":"k=s3cr et&\"x"})");
  EXPECT_EQ(open("http/1", R"({"body":"{\"k\":\"$\"}"})"),
            R"({"body":"{\"k\":\"s3cr et&\\\"x\"}"})");
  EXPECT_EQ(open("http/1", R"({"headers":{"Content-TYPE":
      "application/x-www-form-urlencoded; charset=utf-8"},"body":"k=$&l"})"),
            R"({"headers":{"Content-TYPE":"application/x-www-form-urlencoded; charset=utf-8"},)"
            R"("body":"k=s3cr%20et%26%22x&l"})");
  value = R"({"a":1})";
  EXPECT_EQ(open("http/1", R"({"body":"$"})"), R"({"body":"{\"a\":1}"})");
}

TEST_F(SecretRequestTest, WhatIsNotGrantedIsRefused) {
  Value request = Value::object().set("env", Value::object().set("A", secrets.add("b:x", "v")));
  EXPECT_EQ(std::get<Refusal>(open_request("process/1", request, secrets, {"deploy", {}})).code,
            "effect.secret");
  EXPECT_TRUE(std::holds_alternative<Value>(
      open_request("process/1", request, secrets, {"deploy", {"b:x"}})));
}

TEST_F(SecretRequestTest, RequestThatGrowsWithoutEndIsRefused) {
  value = std::string(limits::kSecretBytes, 'x');
  std::string env;
  for (int i = 0; i < 300; ++i) env += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":"$")";
  EXPECT_EQ(open("process/1", "{\"env\":{" + env + "}}"), "effect.secret");
}

TEST_F(SecretRequestTest, WhatIsNoObjectIsLeftToTheKindsForm) {
  EXPECT_EQ(open("timer/1", "[1]"), "[1]");
  EXPECT_EQ(open("timer/1", "null"), "null");
}

}  // namespace
}  // namespace stagerun
