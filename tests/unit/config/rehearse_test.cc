#include <gtest/gtest.h>

#include "core/base/pattern.h"
#include "core/config/keys.h"
#include "core/config/read_answer.h"
#include "core/config/read_pipeline.h"
#include "core/config/workspace_path.h"

namespace stagerun {
namespace {

const std::string kHead = "name = \"x\"\nenvironment = \"production\"\n";
const std::string kStages =
    "[[stage]]\nname = \"build\"\nuses = \"e\"\n[[stage]]\nname = \"announce\"\nuses = \"e\"\n";

Pipeline pipeline_of(const std::string& rehearse, const std::string& environment = "") {
  const Source source{"p.toml", kHead + rehearse + "\n" + kStages};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics, environment);
  EXPECT_EQ(diagnostics.empty() ? "" : render(diagnostics, source), "");
  return pipeline.value_or(Pipeline{});
}

RehearsedAnswer answer_of(const std::string& line) {
  const auto answers = pipeline_of("[rehearse]\n" + line).rehearse.answers;
  EXPECT_EQ(answers.size(), 1u);
  return answers.empty() ? RehearsedAnswer{} : answers[0];
}

// What is wrong, one line of text each.
std::string problems(const std::string& rehearse) {
  const Source source{"p.toml", kHead + rehearse + "\n" + kStages};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics);
  EXPECT_TRUE(pipeline.has_value());
  std::string out;
  for (const Diagnostic& each : diagnostics) {
    EXPECT_NE(each.span.line, 0u) << each.text;
    out += each.code + ": " + each.text + "\n";
  }
  return out;
}

TEST(Rehearse, WhereTheFileSaysNothingNothingIsAnswered) {
  const RehearseSpec spec = pipeline_of("").rehearse;
  EXPECT_TRUE(spec.answers.empty() && spec.real.empty() && spec.unrehearsed.empty());
  EXPECT_TRUE(spec.secrets.empty());
}

TEST(Rehearse, ItsOwnKeysAreNoAnswers) {
  const RehearseSpec spec =
      pipeline_of(
          "[secrets]\nKEY = { env = \"KEY\" }\n[rehearse]\n"
          "real = [\"bin/migrate.py\", \"python3\", \"./run\", \"http://127.0.0.1:8765\"]\n"
          "unrehearsed = [\"announce\"]\nsecrets = { KEY = \"sk_live_made_up\" }\n")
          .rehearse;
  EXPECT_EQ(spec.real, (std::vector<std::string>{"bin/migrate.py", "python3", "./run",
                                                 "http://127.0.0.1:8765"}));
  EXPECT_EQ(spec.unrehearsed, std::vector<std::string>{"announce"});
  EXPECT_EQ(spec.secrets, (std::map<std::string, std::string>{{"KEY", "sk_live_made_up"}}));
  EXPECT_TRUE(spec.answers.empty());
}

TEST(Rehearse, AMethodAndAUrlAreARequest) {
  const RehearsedAnswer answer = answer_of(
      "\"POST https://api.example/login\" = { status = 201, body = \"hello\", "
      "headers = { X-A = \"b\" }, takes = \"2s\" }");
  EXPECT_TRUE(answer.is_request);
  EXPECT_EQ(answer.words, "POST https://api.example/login");
  EXPECT_EQ(answer.span.line, 4u);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.headers, (std::map<std::string, std::string>{{"X-A", "b"}}));
  EXPECT_EQ(answer.takes_ms, 2'000);
}

TEST(Rehearse, OtherWordsAreACommand) {
  const RehearsedAnswer answer = answer_of(
      "\"npm run build\" = { exit = 3, prints = \"done\\n\", writes = [\"dist/a\", \"b\"], "
      "takes = \"40s\" }");
  EXPECT_FALSE(answer.is_request);
  EXPECT_EQ(answer.words, "npm run build");
  EXPECT_EQ(answer.exit, 3);
  EXPECT_EQ(answer.prints, "done\n");
  EXPECT_EQ(answer.writes, (std::vector<std::string>{"dist/a", "b"}));
  EXPECT_EQ(answer.takes_ms, 40'000);
}

TEST(Rehearse, AnAnswerThatSaysNothingIsAGoodOne) {
  EXPECT_EQ(answer_of("\"GET http://a/\" = {}").status, 200);
  EXPECT_EQ(answer_of("\"npm ci\" = {}").exit, 0);
}

TEST(Rehearse, AnswersKeepTheOrderOfTheFile) {
  const auto answers =
      pipeline_of("[rehearse]\n\"z z\" = {}\n\"a a\" = {}\n[rehearse.\"m m\"]\nexit = 1\n")
          .rehearse.answers;
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0].words, "z z");
  EXPECT_EQ(answers[1].words, "a a");
  EXPECT_EQ(answers[2].words, "m m");
}

TEST(Rehearse, JsonBecomesTheBodyAndSaysWhatItIs) {
  const RehearsedAnswer answer =
      answer_of("\"GET http://a/\" = { json = { token = \"a\\n\", n = [1, 1.5, true] } }");
  EXPECT_EQ(answer.body, R"({"token":"a\n","n":[1,1.5,true]})");
  EXPECT_EQ(answer.headers,
            (std::map<std::string, std::string>{{"content-type", "application/json"}}));
  EXPECT_EQ(answer_of("\"GET http://a/\" = { json = \"text\" }").body, "\"text\"");
}

TEST(Rehearse, AContentTypeThatIsSaidWinsHoweverItIsWritten) {
  const RehearsedAnswer answer =
      answer_of("\"GET http://a/\" = { json = {}, headers = { Content-TYPE = \"text/x\" } }");
  EXPECT_EQ(answer.body, "{}");
  EXPECT_EQ(answer.headers, (std::map<std::string, std::string>{{"Content-TYPE", "text/x"}}));
}

TEST(Rehearse, AnEnvironmentThatLeavesAStageOutLeavesItsNameKnown) {
  const std::string text =
      "[rehearse]\nunrehearsed = [\"announce\"]\n[environments.s]\nwithout = [\"announce\"]\n";
  EXPECT_EQ(pipeline_of(text, "s").rehearse.unrehearsed, std::vector<std::string>{"announce"});
}

TEST(Rehearse, EverythingThatIsWrongIsToldAtOnce) {
  EXPECT_EQ(problems("[rehearse]\nunrehearse = []\nreal = [\"/bin/sh\", \"ftp://a\", 1]\n"
                     "\"a b\" = { exit = 256, status = 1 }\n\"GET http://\" = { body = 1 }\n"),
            "key.unknown: unknown key `unrehearse` in [rehearse]\n"
            "key.type: `real` in [rehearse] must be an array of strings; this is an integer\n"
            "rehearse.kind: `status` is of a request, and `a b` is a command\n"
            "integer.range: `exit` cannot be 256 in the answer to `a b`\n"
            "key.type: `body` in the answer to `GET http://` must be a string; this is an integer\n"
            "rehearse.request: `GET http://` is no request\n");
}

TEST(Rehearse, StatusAndExitHaveTheirBounds) {
  for (const char* good :
       {"\"GET http://a\" = { status = 100 }", "\"GET http://a\" = { status = 599 }",
        "\"a b\" = { exit = 0 }", "\"a b\" = { exit = 255 }"}) {
    EXPECT_EQ(problems(std::string("[rehearse]\n") + good), "") << good;
  }
  for (const char* bad :
       {"\"GET http://a\" = { status = 99 }", "\"GET http://a\" = { status = 600 }",
        "\"a b\" = { exit = -1 }", "\"a b\" = { exit = 256 }"}) {
    EXPECT_NE(problems(std::string("[rehearse]\n") + bad), "") << bad;
  }
}

TEST(Rehearse, AnOriginHasNoPath) {
  for (const char* good : {"http://a", "https://a.b:8443", "http://[::1]:80"}) {
    EXPECT_EQ(problems("[rehearse]\nreal = [\"" + std::string(good) + "\"]"), "") << good;
  }
  for (const char* bad : {"http://a/", "http://a/b", "http://a?b", "http://a#b", "http://u@a",
                          "http://", "ftp://a", "://a", "http://a b"}) {
    EXPECT_TRUE(problems("[rehearse]\nreal = [\"" + std::string(bad) + "\"]")
                    .starts_with("rehearse.origin: "))
        << bad;
  }
}

TEST(Rehearse, WhatCannotBeAHeaderIsRefused) {
  for (const char* bad :
       {"\"\" = \"a\"", "\"a b\" = \"a\"", "a = \"\\r\"", "a = \"b\\nc\"", "a = \"\\u0000\""}) {
    EXPECT_TRUE(problems("[rehearse.\"GET http://a\"]\nheaders = { " + std::string(bad) + " }")
                    .starts_with("rehearse.header: "))
        << bad;
  }
}

TEST(Rehearse, NothingIsSaidOfNamesWhereTheStagesOrSecretsAreUnread) {
  const Source source{"p.toml", kHead +
                                    "stage = 1\nsecrets = 1\n[rehearse]\nunrehearsed = [\"a\"]\n"
                                    "secrets = { A = \"made up\" }\n"};
  Diagnostics diagnostics;
  read_pipeline(source, diagnostics);
  for (const Diagnostic& each : diagnostics) EXPECT_EQ(each.code, "key.type") << each.text;
  EXPECT_EQ(diagnostics.size(), 2u);
}

TEST(Rehearse, WhatTheKeysSayOfWordsIsWhatTheReaderGoesBy) {
  const Pattern request{std::string(kRequestWords)};
  const Pattern command{std::string(kCommandWords)};
  ASSERT_TRUE(request.is_valid() && command.is_valid());
  const std::string url = "POST https://a";
  std::vector<std::string> all = {"npm run build",   "post https://a", "POST a",
                                  "POST  https://a", "P0ST http://a",  "MAKE all",
                                  "A httpz",         "é http://a",     "A http:/x/",
                                  "A https:x",       "A B http://c"};
  for (std::size_t size = 5; size <= url.size(); ++size) {
    all.push_back(url.substr(0, size));
    all.push_back(url.substr(0, size) + " x");
    all.push_back(url.substr(0, size) + "\n");
  }
  for (const std::string& words : all) {
    EXPECT_EQ(request.is_found_in(words), is_request(words)) << words;
    EXPECT_EQ(command.is_found_in(words), !is_request(words)) << words;
  }
  for (const char* neither : {"npm", " npm ci", "", " "}) {
    EXPECT_FALSE(request.is_found_in(neither) || command.is_found_in(neither)) << neither;
  }
}

TEST(Rehearse, WhatTheKeysSayOfPathsIsWhatTheReaderAsks) {
  const Pattern file{std::string(kInnerFile)};
  const Pattern program{std::string(kInnerFileOrUrl)};
  ASSERT_TRUE(file.is_valid() && program.is_valid());
  for (const char* path : {"a", "a/b", "./a", "a/./b", "a//b", ".a", "..a", "...", "a..", ".a/b",
                           "..a/b", "a b", "a/..b/.c"}) {
    EXPECT_TRUE(is_inner_file(path)) << path;
    EXPECT_TRUE(file.is_found_in(path)) << path;
    EXPECT_TRUE(program.is_found_in(path)) << path;
  }
  for (const char* path : {"", "/", "/a", ".", "..", "../a", "a/../b", "a/..", "a/", "a/.", "./",
                           "./..", "//a", "a/b/../../.."}) {
    EXPECT_FALSE(is_inner_file(path)) << path;
    EXPECT_FALSE(file.is_found_in(path)) << path;
    EXPECT_FALSE(program.is_found_in(path)) << path;
  }
  EXPECT_FALSE(is_inner_file(std::string_view("a\0b", 3)));
  EXPECT_TRUE(program.is_found_in("https://a"));
}

}  // namespace
}  // namespace stagerun
