#include "core/rehearsal/script.h"

#include <gtest/gtest.h>

#include "core/base/json.h"

namespace stagerun::rehearsal {
namespace {

EffectIntended effect(const std::string& kind, const std::string& request) {
  EffectIntended intent;
  intent.kind = kind;
  intent.request = *parse_json(request);
  return intent;
}

RehearseSpec knows(RehearsedAnswer answer) {
  RehearseSpec spec;
  spec.answers.push_back(std::move(answer));
  return spec;
}

TEST(Script, FilesAndSecretsAreAsTheyAre) {
  for (const char* kind : {"file/1", "secret/1"}) {
    const Scripted scripted_one = scripted({}, effect(kind, R"({"look": "a"})"));
    EXPECT_TRUE(scripted_one.direction.happens) << kind;
    EXPECT_FALSE(scripted_one.is_unrehearsed) << kind;
  }
}

TEST(Script, TimersPassAtOnce) {
  const Direction direction = scripted({}, effect("timer/1", R"({"after_ms": 900})")).direction;
  EXPECT_FALSE(direction.happens);
  EXPECT_EQ(direction.takes_ms, 900);
  EXPECT_EQ(direction.events.back().text_or("event"), "fired");
}

TEST(Script, ACommandIsKnownByItsWords) {
  RehearsedAnswer answer;
  answer.words = "npm run build";
  answer.exit = 3;
  answer.prints = "one\ntwo\n";
  answer.takes_ms = 40'000;
  const auto spec = knows(answer);
  const Direction direction =
      scripted(spec, effect("process/1", R"({"argv": ["npm", "run", "build"]})")).direction;
  ASSERT_EQ(direction.events.size(), 3u);
  EXPECT_EQ(direction.events[1].text_or("text"), "two");
  EXPECT_EQ(direction.events[2].integer_or("status", 0), 3);
  EXPECT_EQ(direction.takes_ms, 40'000);
  EXPECT_TRUE(scripted(spec, effect("process/1", R"({"argv": ["npm", "run"]})")).is_unrehearsed);
}

TEST(Script, OutputGoesWhereTheEffectWantsIt) {
  RehearsedAnswer answer;
  answer.words = "a";
  answer.prints = "one";
  const auto event = [&](const std::string& request) {
    return scripted(knows(answer), effect("process/1", request))
        .direction.events.front()
        .text_or("event");
  };
  EXPECT_EQ(event(R"({"argv": ["a"]})"), "log");
  EXPECT_EQ(event(R"({"argv": ["a"], "output": "lines"})"), "line");
}

TEST(Script, AProgramIsRealByItsPathOrItsName) {
  RehearseSpec spec;
  spec.real = {"python3", "bin/migrate"};
  const auto happens = [&](const std::string& request) {
    return scripted(spec, effect("process/1", request)).direction.happens;
  };
  EXPECT_TRUE(happens(R"({"argv": ["/usr/bin/python3", "x.py"]})"));
  EXPECT_TRUE(happens(R"({"argv": ["bin/migrate"]})"));
  EXPECT_FALSE(happens(R"({"argv": ["migrate"]})"));
  EXPECT_FALSE(happens(R"({"shell": "python3 x.py"})"));
  spec.real = {"sh"};
  EXPECT_TRUE(happens(R"({"shell": "python3 x.py"})"));
}

TEST(Script, ARequestIsKnownWithoutItsQuery) {
  RehearsedAnswer answer;
  answer.is_request = true;
  answer.words = "POST https://api.example/login";
  answer.status = 201;
  answer.headers = {{"content-type", "text/plain"}};
  answer.body = "hello";
  const auto intent =
      effect("http/1", R"({"method": "POST", "url": "https://api.example/login?token=x"})");
  const Scripted found = scripted(knows(answer), intent);
  const Value& response = found.direction.events.back();
  EXPECT_FALSE(found.is_unrehearsed);
  EXPECT_EQ(response.integer_or("status", 0), 201);
  EXPECT_EQ(response.text_or("body"), "hello");
  EXPECT_EQ(*response.at("/headers/content-type/0")->text(), "text/plain");
}

TEST(Script, AnOriginIsRealWithItsSchemeAndPort) {
  RehearseSpec spec;
  spec.real = {"http://127.0.0.1:8000"};
  const auto happens = [&](const std::string& url) {
    return scripted(spec, effect("http/1", R"({"url": ")" + url + "\"}")).direction.happens;
  };
  EXPECT_TRUE(happens("http://127.0.0.1:8000/health"));
  EXPECT_FALSE(happens("https://127.0.0.1:8000/health"));
  EXPECT_FALSE(happens("http://127.0.0.1:8001/health"));
  EXPECT_FALSE(happens("http://127.0.0.1.example:8000/"));
}

TEST(Script, WhatNobodyKnowsIsLetPassAndTold) {
  for (const auto& intent : {effect("process/1", R"({"argv": ["aws", "s3", "rb"]})"),
                             effect("http/1", R"({"method": "DELETE", "url": "https://x/"})")}) {
    const Scripted found = scripted({}, intent);
    EXPECT_TRUE(found.is_unrehearsed);
    EXPECT_FALSE(found.direction.happens);
  }
}

}  // namespace
}  // namespace stagerun::rehearsal
