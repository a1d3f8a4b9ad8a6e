#include "core/plan/manifest.h"

#include <gtest/gtest.h>

#include "core/base/json.h"

namespace stagerun {
namespace {

Value json(const std::string& text) {
  const auto value = parse_json(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value ? *value : Value();
}

StageInfo stage(const std::string& manifest) {
  StageInfo info;
  info.manifest = json(manifest);
  return info;
}

constexpr const char* kExample = R"({"effects": ["process/1", "http/1"],
 "reads": [["terraform", "plan"], {"config": "/check"},
           {"config": "/run", "if": {"/changes": false}}],
 "flags": [{"has": "/undo", "add": "compensable"},
           {"if": {"/idempotent": true}, "add": "idempotent"}],
 "outputs_from": "/outputs",
 "hosts": ["API.example.com", {"config": "/url"}]})";

TEST(Manifest, FlagsHangOnTheConfiguration) {
  StageInfo info = stage(kExample);
  info.flags = flag_resumable;
  EXPECT_EQ(effective_flags(info, json("{}")), flag_resumable);
  EXPECT_EQ(effective_flags(info, json(R"({"undo": ["x"]})")), flag_resumable | flag_compensable);
  EXPECT_EQ(effective_flags(info, json(R"({"idempotent": true})")),
            flag_resumable | flag_idempotent);
  EXPECT_EQ(effective_flags(info, json(R"({"idempotent": "true"})")),
            std::uint32_t{flag_resumable});
}

TEST(Manifest, AFlagWithoutAConditionIsNotAdded) {
  EXPECT_EQ(effective_flags(stage(R"({"flags": [{"add": "reversible"}]})"), json("{}")), 0u);
  EXPECT_EQ(effective_flags(stage(R"({"flags": [{"if": 1, "add": "reversible"}]})"), json("{}")),
            0u);
}

TEST(Manifest, ReadsArePrefixesAndPlacesWhoseConditionHolds) {
  const StageInfo info = stage(kExample);
  const Grants granted =
      grants(info, json(R"({"check": ["test", "-f", "x"], "run": ["ls"], "changes": false})"));
  EXPECT_EQ(granted.effects, (std::vector<std::string>{"process/1", "http/1"}));
  EXPECT_EQ(granted.read_prefixes, (std::vector<std::vector<std::string>>{{"terraform", "plan"}}));
  EXPECT_EQ(granted.read_commands,
            (std::vector<std::vector<std::string>>{{"test", "-f", "x"}, {"ls"}}));
  EXPECT_TRUE(grants(info, json(R"({"run": ["ls"]})")).read_commands.empty());
  EXPECT_TRUE(grants(info, json(R"({"run": ["ls"], "changes": true})")).read_commands.empty());
}

TEST(Manifest, SaysWhenAGoodApplyIsVerified) {
  EXPECT_TRUE(verifies_good_apply(stage("{}"), json("{}")));
  EXPECT_FALSE(verifies_good_apply(stage(R"({"verify": []})"), json(R"({"check": ["c"]})")));
  const StageInfo asked =
      stage(R"({"verify": [{"has": "/check"}, {"if": {"/leaves_running": true}}]})");
  EXPECT_FALSE(verifies_good_apply(asked, json(R"({"leaves_running": false})")));
  EXPECT_TRUE(verifies_good_apply(asked, json(R"({"leaves_running": true})")));
  EXPECT_TRUE(verifies_good_apply(asked, json(R"({"check": ["c"]})")));
}

TEST(Manifest, SaysWhichVerbsHangOnTheConfigurationAlone) {
  EXPECT_TRUE(is_pure(stage(R"({"pure": ["plan"]})"), Verb::plan));
  EXPECT_FALSE(is_pure(stage(R"({"pure": ["plan"]})"), Verb::apply));
  EXPECT_FALSE(is_pure(stage("{}"), Verb::plan));
  EXPECT_EQ(manifest_problems(json(R"({"pure": ["apply"], "verify": [{"add": "x"}]})")),
            (std::vector<std::string>{"`pure/0` must be one of: plan",
                                      "`verify/0` has an unknown member `add`",
                                      "`verify/0` needs `has`, `if` or `unless`"}));
}

TEST(Manifest, AFlagIsLeftOutWhereUnlessHolds) {
  const StageInfo info =
      stage(R"({"flags": [{"unless": {"/undo": "never"}, "add": "compensable"}]})");
  EXPECT_EQ(effective_flags(info, json("{}")), std::uint32_t{flag_compensable});
  EXPECT_EQ(effective_flags(info, json(R"({"undo": "auto"})")), std::uint32_t{flag_compensable});
  EXPECT_EQ(effective_flags(info, json(R"({"undo": "never"})")), 0u);
  EXPECT_EQ(
      effective_flags(stage(R"({"flags": [{"unless": 1, "add": "compensable"}]})"), json("{}")),
      0u);
  const auto places = decisive_places(info.manifest);
  ASSERT_EQ(places.size(), 1u);
  EXPECT_TRUE(places[0].pointer == "/undo" && places[0].by_value);
}

constexpr const char* kFilledPrefix =
    R"({"reads": [[{"config": "/command", "else": ["tool"]}, {"config": "/name", "before": "-n"},
                  {"config": "/x", "before": "-x"}, "show"]]})";
using Prefixes = std::vector<std::vector<std::string>>;

TEST(Manifest, APrefixIsFilledInFromTheConfiguration) {
  const StageInfo info = stage(kFilledPrefix);
  EXPECT_TRUE(manifest_problems(info.manifest).empty());
  EXPECT_EQ(grants(info, json("{}")).read_prefixes, (Prefixes{{"tool", "show"}}));
  EXPECT_EQ(
      grants(info, json(R"({"command": ["a", "b"], "name": "n", "x": ["1", "2"]})")).read_prefixes,
      (Prefixes{{"a", "b", "-n", "n", "-x", "1", "-x", "2", "show"}}));
}

TEST(Manifest, APrefixThatCannotBeFilledInGrantsNothing) {
  for (const char* with : {R"({"command": []})", R"({"command": [1]})", R"({"command": {}})",
                           R"({"x": [1]})", R"({"name": 3})"}) {
    EXPECT_TRUE(grants(stage(kFilledPrefix), json(with)).read_prefixes.empty()) << with;
  }
  const StageInfo no_start = stage(R"({"reads": [[{"config": "/command"}, "show"]]})");
  EXPECT_TRUE(grants(no_start, json("{}")).read_prefixes.empty());
}

TEST(Manifest, APlaceInAPrefixHasAKnownForm) {
  for (const char* part :
       {R"({"config": "x"})", R"({"else": ["a"]})", R"({"config": "/x", "else": "a"})",
        R"({"config": "/x", "after": "-x"})"}) {
    const std::string manifest = std::string(R"({"reads": [["a", )") + part + "]]}";
    EXPECT_EQ(manifest_problems(json(manifest)).size(), 1u) << part;
  }
}

TEST(Manifest, APlaceThatIsNoArgvGrantsNoRead) {
  const StageInfo info = stage(R"({"reads": [{"config": "/check"}]})");
  for (const char* with :
       {R"({"check": 7})", R"({"check": ""})", R"({"check": []})", R"({"check": ["a", 1]})"}) {
    EXPECT_TRUE(grants(info, json(with)).read_commands.empty()) << with;
  }
}

TEST(Manifest, APlaceThatIsATextIsALineForTheShell) {
  const StageInfo info = stage(R"({"reads": [{"config": "/check"}]})");
  EXPECT_EQ(grants(info, json(R"({"check": "test -f x && ls"})")).read_commands,
            (std::vector<std::vector<std::string>>{{"/bin/sh", "-c", "test -f x && ls"}}));
}

TEST(Manifest, AStarStandsForAnyItemOrMember) {
  using Commands = std::vector<std::vector<std::string>>;
  const StageInfo info = stage(R"({"reads": [{"config": "/tools/*/run"}]})");
  const auto commands = [&](const char* with) { return grants(info, json(with)).read_commands; };
  EXPECT_EQ(commands(R"({"tools": [{"run": ["a", "-v"]}, {"run": 2}, 1, {"run": ["c"]}]})"),
            (Commands{{"a", "-v"}, {"c"}}));
  EXPECT_EQ(commands(R"({"tools": {"x": {"run": ["a"]}, "*": {"run": ["b"]}}})"),
            (Commands{{"a"}, {"b"}}));
  EXPECT_TRUE(commands(R"({"tools": {"run": ["a"]}})").empty());
  EXPECT_TRUE(commands("{}").empty());
  const StageInfo last = stage(R"({"reads": [{"config": "/*"}, {"config": "/a/*b"}]})");
  EXPECT_EQ(grants(last, json(R"({"a": {"*b": ["x"], "cb": ["y"]}, "d": ["z"]})")).read_commands,
            (Commands{{"z"}, {"x"}}));
}

TEST(Manifest, HostsAreSpeltWithTheirPorts) {
  const StageInfo info = stage(kExample);
  EXPECT_EQ(grants(info, json(R"({"url": "http://Example.com/x"})")).hosts,
            (std::vector<std::string>{"api.example.com:443", "example.com:80"}));
}

TEST(Manifest, WithoutHostsAnyMayBeReached) {
  EXPECT_TRUE(grants(stage("{}"), json("{}")).hosts.empty());
}

TEST(Manifest, HostsThatTheConfigurationLacksAreNoneNotAny) {
  const StageInfo info = stage(R"({"hosts": [{"config": "/url"}]})");
  const std::vector<std::string> none = {kNoHost};
  EXPECT_EQ(grants(info, json("{}")).hosts, none);
  EXPECT_EQ(grants(info, json(R"({"url": "${{ stages.a.outputs.b }}"})")).hosts, none);
  EXPECT_EQ(grants(info, json(R"({"url": [1, {"u": "https://a.b"}, {"url": "a.b"}]})")).hosts,
            none);
  EXPECT_EQ(grants(stage(R"({"hosts": []})"), json("{}")).hosts, none);
}

TEST(Manifest, APlaceMayHoldSeveralUrls) {
  const StageInfo info = stage(R"({"hosts": [{"config": "/urls"}]})");
  EXPECT_EQ(grants(info, json(R"({"urls": ["https://a.b", {"url": "http://c:81/x"}]})")).hosts,
            (std::vector<std::string>{"a.b:443", "c:81"}));
}

TEST(Manifest, AUrlThatIsASecretIsKeptAsItStands) {
  const StageInfo info = stage(R"({"hosts": [{"config": "/url"}]})");
  EXPECT_EQ(grants(info, json(R"({"url": "sr-secret.HOOK.0123456789abcdef/x"})")).hosts,
            std::vector<std::string>{"sr-secret.HOOK.0123456789abcdef/x"});
}

TEST(Manifest, VariablesAreNamesListsOfNamesAndKeys) {
  const StageInfo info = stage(
      R"({"variables": [{"config": "/one"}, {"config": "/some"}, {"config": "/rules"},
                        {"config": "/rules/*/same_as"}]})");
  const Value with =
      json(R"({"one": "A", "some": ["B", "C", 1], "rules": {"D": {"same_as": "E"}, "F": {}}})");
  EXPECT_EQ(grants(info, with).variables, (std::vector<std::string>{"A", "B", "C", "D", "F", "E"}));
  EXPECT_TRUE(grants(info, json("{}")).variables.empty());
}

TEST(Manifest, AStarStandsForEveryItemOrMember) {
  const StageInfo info = stage(R"({"reads": [{"config": "/tools/*/run"}]})");
  const Value with = json(R"({"tools": [{"run": ["node", "-v"]}, {}, {"run": ["npm", "-v"]}]})");
  EXPECT_EQ(grants(info, with).read_commands,
            (std::vector<std::vector<std::string>>{{"node", "-v"}, {"npm", "-v"}}));
}

TEST(Manifest, OutputsComeFromThePluginAndThePipeline) {
  StageInfo info = stage(R"({"outputs_from": "/outputs"})");
  info.outputs = json(R"({"type":"object","properties":{"exit":{"type":"integer"}}})");
  const Value with = json(R"({"outputs":{"tag":"string","exit":"string","bad":"list","worse":1}})");
  EXPECT_EQ(
      render_json(outputs_schema(info, with)),
      R"({"type":"object","properties":{"exit":{"type":"integer"},"tag":{"type":"string"}}})");
  EXPECT_EQ(render_json(outputs_schema(stage("null"), with)),
            R"({"type":"object","properties":{}})");
}

TEST(Manifest, AnOutputMaySayMoreThanItsType) {
  const StageInfo info = stage(R"({"outputs_from": "/outputs"})");
  const Value with = json(R"({"outputs": {"a": {"json": "/a", "type": "integer"},
                                          "b": {"json": "/b"}, "c": {"type": "list"}}})");
  EXPECT_EQ(render_json(outputs_schema(info, with)),
            R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"}}})");
}

TEST(Manifest, AGoodOneHasNoProblems) {
  EXPECT_TRUE(manifest_problems(json(kExample)).empty());
  EXPECT_TRUE(manifest_problems(Value()).empty());
  EXPECT_TRUE(manifest_problems(json("{}")).empty());
}

TEST(Manifest, EveryProblemIsNamed) {
  const auto problems = manifest_problems(json(R"({"effects": ["http", 1], "reads": [[], ["a", 1],
      {"config": "x"}, {"config": "/x", "fi": {}}, "ls"], "flags": [{"add": "x", "has": "/a"},
      {"add": "idempotent"}, {"add": "idempotent", "if": {"a": 1}}], "outputs_from": "~", "hosts": [
      "a b", {"url": "/x"}], "extra": 1})"));
  const std::vector<std::string> expected = {
      "`effects/0` must be an effect kind such as \"http/1\"",
      "`effects/1` must be an effect kind such as \"http/1\"",
      "`reads/0` must be a prefix of at least one word, all of them strings",
      "`reads/1` must be a prefix of at least one word, all of them strings",
      "`reads/2` needs `config`, a JSON pointer",
      "`reads/3` has an unknown member `fi`",
      "`reads/4` has the wrong form",
      "`reads/4` needs `config`, a JSON pointer",
      "`flags/0` must `add` one of: idempotent, resumable, reversible, compensable, reads_only",
      "`flags/1` needs `has`, `if` or `unless`",
      "`flags/2`: `if` must be an object of JSON pointers and values",
      "`outputs_from` must be a JSON pointer",
      "`hosts/0` must be a host, with or without a port",
      "`hosts/1` has an unknown member `url`",
      "`hosts/1` needs `config`, a JSON pointer",
      "the manifest's `extra` is unknown to this stagerun"};
  EXPECT_EQ(problems, expected);
}

TEST(Manifest, AWrongOneGrantsNothingAndDoesNotCrash) {
  for (const char* text :
       {"1", "[]", R"({"effects": 1, "reads": {}, "flags": 3, "hosts": "x"})",
        R"({"effects": [1], "reads": [1, {}, {"config": 1}], "flags": [1, {}]})"}) {
    const Grants granted = grants(stage(text), json("{}"));
    EXPECT_TRUE(granted.effects.empty() && granted.read_prefixes.empty() &&
                granted.read_commands.empty());
    EXPECT_EQ(effective_flags(stage(text), json("{}")), 0u);
    EXPECT_FALSE(manifest_problems(json(text)).empty());
  }
}

}  // namespace
}  // namespace stagerun
