#include "core/broker/secret_store.h"

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/limits.h"

namespace stagerun {
namespace {

using Texts = std::vector<std::string>;

class SecretStoreTest : public testing::Test {
 protected:
  std::string expand(const std::string& text) const {
    const Result<std::string> opened = store.expand(text, grants);
    return opened ? *opened : "error: " + opened.error().text;
  }

  SecretStore store{"9f86d081884c7d65"};
  SecretGrants grants{"deploy", {"TOKEN", "build:key"}};
  std::string token = store.add("TOKEN", "hunter22");
};

TEST_F(SecretStoreTest, HandleIsAsTheContractShowsIt) {
  EXPECT_EQ(token, "sr-secret.TOKEN.9f86d081884c7d65");
  EXPECT_EQ(store.handle("other"), "sr-secret.other.9f86d081884c7d65");
}

TEST_F(SecretStoreTest, HandlesBecomeValuesWhereverTheyStand) {
  EXPECT_EQ(expand(token), "hunter22");
  EXPECT_EQ(expand("a " + token + token + " b"), "a hunter22hunter22 b");
  EXPECT_EQ(expand("no handle"), "no handle");
  EXPECT_EQ(expand(""), "");
}

TEST_F(SecretStoreTest, WhatOnlyResemblesAHandleIsLeftAlone) {
  for (const char* text : {"sr-secret.", "sr-secret.TOKEN", "sr-secret.TOKEN.0000000000000000",
                           "sr-secret.TOKEN.9f86d081884c7d6", "sr-secret.A B.9f86d081884c7d65",
                           "SR-SECRET.TOKEN.9f86d081884c7d65"}) {
    EXPECT_FALSE(store.has_handle(text)) << text;
    EXPECT_EQ(expand(text), text);
  }
  EXPECT_EQ(expand("sr-secret." + token), "sr-secret.hunter22");
}

TEST_F(SecretStoreTest, OnlyGrantedSecretsAreOpenedAndNoErrorTellsAValue) {
  const std::string foreign = store.add("OTHER", "correct horse");
  EXPECT_EQ(expand(foreign), "error: the stage was not granted the secret OTHER");
  EXPECT_EQ(expand(store.add("build:token", "battery")),
            "error: the stage was not granted the secret build:token");
  EXPECT_EQ(expand(store.add("build:key", "staple")), "staple");
}

TEST_F(SecretStoreTest, AStageMayUseWhatItMadeItselfAndNoNamesake) {
  EXPECT_EQ(expand(store.add("deploy:key", "mine")), "mine");
  EXPECT_TRUE(expand(store.add("deployer:key", "theirs")).starts_with("error"));
  EXPECT_TRUE(expand(store.add("deploy", "plain")).starts_with("error"));
  EXPECT_FALSE((SecretGrants{"", {}}.covers(":key")));
}

TEST_F(SecretStoreTest, ForgottenValueIsToldAsSuch) {
  EXPECT_EQ(expand(store.handle("deploy:gone")),
            "error: the value of the secret deploy:gone is not known any more");
}

TEST_F(SecretStoreTest, LaterValueReplacesAndTheEarlierStaysMasked) {
  store.add("TOKEN", "hunter23");
  EXPECT_EQ(expand(token), "hunter23");
  EXPECT_EQ(store.masked_text("hunter22 hunter23"), "*** ***");
}

TEST_F(SecretStoreTest, WhatGrowsWithoutEndIsNotOpened) {
  store.add("TOKEN", std::string(limits::kSecretBytes, 'x'));
  std::string many;
  for (std::size_t i = 0; i < 300; ++i) many += token;
  EXPECT_TRUE(expand(many).starts_with("error: with its secrets"));
}

TEST_F(SecretStoreTest, HandlesSurviveMaskingWhateverAValueIs) {
  store.add("WEAK", "secret");
  store.add("KEY", "9f86d081884c7d65");
  EXPECT_EQ(store.masked_text("my secret is in " + token), "my *** is in " + token);
  const Value masked = store.masked(*parse_json(R"({"secret": ["hunter22", 7, {"a": "secret"}]})"));
  EXPECT_EQ(render_json(masked), R"({"secret":["***",7,{"a":"***"}]})");
}

TEST_F(SecretStoreTest, VariablesOfSecretsAreLeftOutByTheirWholeName) {
  store.hide_variable("TOKEN");
  EXPECT_EQ(store.without_secrets({"TOKEN=a=b", "TOKENS=c", "A=TOKEN=d", "TOKEN"}),
            (Texts{"TOKENS=c", "A=TOKEN=d"}));
}

TEST_F(SecretStoreTest, IsFullAfterTooManyValuesAndTheSameOneCountsOnce) {
  for (std::size_t i = 0; i < 2 * limits::kSecrets; ++i) store.add("TOKEN", "hunter22");
  EXPECT_FALSE(store.is_full());
  for (std::size_t i = 0; i < limits::kSecrets; ++i) store.add("n" + std::to_string(i), "abc");
  EXPECT_TRUE(store.is_full());
}

}  // namespace
}  // namespace stagerun
