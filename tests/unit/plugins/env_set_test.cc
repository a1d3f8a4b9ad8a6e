// env.set with secrets: their values reach the file and nothing else; and the way back.
#include <gtest/gtest.h>

#include "tests/unit/plugins/env_case.h"

namespace stagerun {
namespace {

constexpr int kOk = 0, kUnchanged = 1, kFailed = 2, kConflict = 5;
const std::string kSecret = "sk_live_canary-7f3a/9+x=";
const std::string kOther = "canary-other";
const std::string kBefore = "# bot\nKEY=old # why\nOTHER=" + kOther + "\n";
const std::string kWritten = R"([{"id":"write","kind":"file/1","purpose":"p","key":"k",)"
                             R"("request":{},"outcome":{"event":"done"}}])";

// A stage that sets KEY in a dotenv file, or /db/key in another, to the secret.
class EnvSetSecret : public testing::Test {
 protected:
  void start(const std::string& name, const std::string& text, const std::string& key = "KEY") {
    file_ = files_ / name;
    files_.write(name, text);
    set_.emplace("set", R"({"file":")" + EnvCase::in_workspace(file_) + R"(","values":{")" + key +
                            R"(":")" + EnvCase::handle("S") + R"("}})");
    set_->secret("S", kSecret);
  }

  // No value is in what leaves the worker.
  TestOutcome run(std::uint32_t verb) {
    const TestOutcome outcome = set_->run(verb);
    std::string said = outcome.result + outcome.fail_text + outcome.fail_hint;
    for (const auto& text : outcome.log) said += text;
    for (const auto& text : outcome.checkpoints) said += text;
    for (const StartedEffect& effect : outcome.effects) {
      Value request = effect.request;
      if (request.find("text") != nullptr) request.set("text", "as its digest");
      said += render_json(request);
    }
    EXPECT_EQ(said.find("canary"), std::string::npos) << said;
    if (!outcome.checkpoints.empty()) set_->call.checkpoint = outcome.checkpoints.back();
    if (verb == TestVerb::apply && outcome.status == kOk) set_->call.settled = kWritten;
    return outcome;
  }
  std::string text() const { return bytes_of(file_); }
  void write(const std::string& text) { std::ofstream(file_, std::ios::binary) << text; }

  ScratchFolder files_;
  std::filesystem::path file_;
  std::optional<EnvCase> set_;
};

TEST_F(EnvSetSecret, ItsValueStandsInTheFileAndIsPutBack) {
  start(".env", kBefore);
  const TestOutcome outcome = run(TestVerb::apply);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_EQ(text(), "# bot\nKEY=" + kSecret + " # why\nOTHER=" + kOther + "\n");
  EXPECT_TRUE(outcome.starts_after(wire::Type::checkpoint, "write"));
  EXPECT_EQ(run(TestVerb::verify).status, kOk);
  EXPECT_EQ(run(TestVerb::rollback).status, kOk);
  EXPECT_EQ(text(), kBefore);
  EXPECT_EQ(run(TestVerb::rollback).status, kOk);
  EXPECT_EQ(text(), kBefore);
}

TEST_F(EnvSetSecret, PlanNamesTheKeyAndASecret) {
  start(".env", kBefore);
  const TestOutcome outcome = run(TestVerb::plan);
  EXPECT_EQ(outcome.status, kOk) << outcome.fail_text;
  EXPECT_NE(outcome.result.find("set KEY in "), std::string::npos) << outcome.result;
  EXPECT_NE(outcome.result.find(" to a secret"), std::string::npos);
  EXPECT_EQ(text(), kBefore);
}

TEST_F(EnvSetSecret, AlreadyThereIsUnchanged) {
  start(".env", "KEY='" + kSecret + "'\n");
  EXPECT_EQ(run(TestVerb::apply).status, kUnchanged);
  EXPECT_EQ(text(), "KEY='" + kSecret + "'\n");
}

TEST_F(EnvSetSecret, EachFormatQuotesIt) {
  start("a.json", R"({"db":{"key":"old"}})", "db.key");
  EXPECT_EQ(run(TestVerb::apply).status, kOk);
  EXPECT_EQ(text(), R"({"db":{"key":")" + kSecret + R"("}})");
  start("a.yaml", "db:\n  key: old\n", "db.key");
  EXPECT_EQ(run(TestVerb::apply).status, kOk);
  EXPECT_EQ(text(), "db:\n  key: \"" + kSecret + "\"\n");
  start("a.toml", "[db]\nkey = 'old'\n", "db.key");
  EXPECT_EQ(run(TestVerb::apply).status, kOk);
  EXPECT_EQ(text(), "[db]\nkey = '" + kSecret + "'\n");
  EXPECT_EQ(run(TestVerb::rollback).status, kOk);
  EXPECT_EQ(text(), "[db]\nkey = 'old'\n");
}

TEST_F(EnvSetSecret, WhatQuotesCannotHoldIsRefusedBeforeAnythingIsWritten) {
  for (const auto& [name, old] :
       std::vector<std::pair<std::string, std::string>>{{"a.env", "KEY=1\n"},
                                                        {"a.json", "{\"KEY\":1}"},
                                                        {"a.yaml", "KEY: 1\n"},
                                                        {"a.toml", "KEY = 1\n"}}) {
    for (const char* value : {"two\nlines", "back\\slash\"'", "\x01", "caf\xC3\xA9 \xff"}) {
      start(name, old);
      set_->secret("S", value);
      for (const auto verb : {TestVerb::plan, TestVerb::apply}) {
        const TestOutcome outcome = run(verb);
        EXPECT_EQ(outcome.status, kFailed) << name;
        EXPECT_NE(outcome.fail_text.find("cannot be written there safely"), std::string::npos);
      }
      EXPECT_EQ(text(), old);
    }
  }
}

TEST_F(EnvSetSecret, CrashedWriteIsToldFromTheFile) {
  start(".env", kBefore);
  EXPECT_EQ(run(TestVerb::apply).status, kOk);
  const std::string after = text();
  // Nobody knows whether it was written: it was.
  set_->call.settled = "[]";
  set_->call.pending = R"([{"id":"write"}])";
  set_->call.attempt = 2;
  EXPECT_EQ(run(TestVerb::verify).status, kOk);
  EXPECT_EQ(run(TestVerb::apply).status, kOk);
  EXPECT_EQ(text(), after);
  // It was not.
  write(kBefore);
  EXPECT_EQ(run(TestVerb::verify).status, kFailed);
  EXPECT_EQ(run(TestVerb::rollback).status, kOk);
  EXPECT_EQ(text(), kBefore);
  EXPECT_EQ(run(TestVerb::apply).status, kOk);
  EXPECT_EQ(text(), after);
  // Somebody else wrote in between.
  set_->call.settled = "[]";
  write("KEY=theirs\n");
  EXPECT_EQ(run(TestVerb::apply).status, kConflict);
  EXPECT_EQ(run(TestVerb::rollback).status, kConflict);
  EXPECT_EQ(text(), "KEY=theirs\n");
}

TEST_F(EnvSetSecret, NothingIsUndoneWhereNothingWasWritten) {
  start(".env", "KEY=" + kSecret + "\n");
  EXPECT_EQ(run(TestVerb::rollback).status, kOk);
  set_->call.checkpoint = R"({"before":"0123","keys":[]})";
  EXPECT_EQ(run(TestVerb::rollback).status, kOk);
  EXPECT_EQ(text(), "KEY=" + kSecret + "\n");
}

TEST_F(EnvSetSecret, OthersEditsSurviveAndOnlyOurKeyGoesBack) {
  start(".env", kBefore);
  EXPECT_EQ(run(TestVerb::apply).status, kOk);
  write("NEW=1\n" + text());
  EXPECT_EQ(run(TestVerb::rollback).status, kOk);
  EXPECT_EQ(text(), "NEW=1\n" + kBefore);
  EXPECT_EQ(run(TestVerb::rollback).status, kOk);
  EXPECT_EQ(text(), "NEW=1\n" + kBefore);
}

}  // namespace
}  // namespace stagerun
