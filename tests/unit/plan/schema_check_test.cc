#include "core/plan/schema_check.h"

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/config/read_pipeline.h"

namespace stagerun {
namespace {

Value json(const std::string& text) {
  const auto value = parse_json(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value ? *value : Value();
}

// What is wrong with the lines of `with`, by the schema; `inputs` have values already.
std::string problems(const std::string& schema, const std::string& with,
                     const std::string& inputs = "{}") {
  const Source source{"p.toml", "name = \"x\"\n[[stage]]\nname = \"a\"\nuses = \"e\"\n" + with};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics);
  EXPECT_TRUE(pipeline.has_value()) << render(diagnostics, source);
  if (!pipeline) return "";
  EXPECT_EQ(schema_problems(json(schema)), std::vector<std::string>());
  const StageSpec& stage = pipeline->stages[0];
  const Resolved resolved = resolve(stage, Value::object().set("inputs", json(inputs)));
  SchemaChecker().check(json(schema), stage, resolved, {}, diagnostics);
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) out += render(diagnostic, source);
  return out;
}

// The same, only the sentences.
std::string said(const std::string& schema, const std::string& value) {
  const std::string text = problems(R"({"properties":{"v":)" + schema + "}}", "with.v = " + value);
  return text.empty() ? "" : text.substr(7, text.find('\n') - 7);
}

constexpr const char* kHttp = R"({"type":"object","required":["url"],"additionalProperties":false,
 "properties":{"url":{"type":"string","description":"where to ask"},"status":{"type":"integer"},
 "retry":{"type":"object","required":["times"],"additionalProperties":false,
          "properties":{"times":{"type":"integer","minimum":1}}}}})";

TEST(SchemaCheck, AWrongTypeIsShownAtTheValue) {
  EXPECT_EQ(problems(kHttp, "with = { url = 5 }\n"),
            "error: `/url` must be a string; this is an integer\n"
            " --> p.toml:5:16\n"
            " 5 | with = { url = 5 }\n"
            "   |                ^\n");
}

TEST(SchemaCheck, AnUnknownKeyIsShownAtTheKey) {
  EXPECT_EQ(problems(kHttp, "[stage.with]\nurl = \"x\"\n\tstaus = 200\n"),
            "error: unknown key `staus` in `with`\n"
            " --> p.toml:7:2\n"
            " 7 | \tstaus = 200\n"
            "   | \t^^^^^ did you mean `status`?\n");
}

TEST(SchemaCheck, AMissingKeyIsShownAtItsTable) {
  EXPECT_EQ(problems(kHttp, "[stage.with]\nstatus = 200\n"),
            "error: `url` is missing in `with`\n"
            " --> p.toml:5:1\n"
            " 5 | [stage.with]\n"
            "   | ^^^^^^^^^^^^ where to ask\n");
  EXPECT_EQ(problems(kHttp, "with.url = \"x\"\n[stage.with.retry]\n"),
            "error: `times` is missing in `/retry`\n"
            " --> p.toml:6:1\n"
            " 6 | [stage.with.retry]\n"
            "   | ^^^^^^^^^^^^^^^^^^\n");
}

TEST(SchemaCheck, WithoutWithTheStagesUsesIsShown) {
  EXPECT_EQ(problems(kHttp, ""),
            "error: `url` is missing in `with`\n"
            " --> p.toml:4:8\n"
            " 4 | uses = \"e\"\n"
            "   |        ^^^ where to ask\n");
}

TEST(SchemaCheck, EverythingIsFoundAtOnce) {
  EXPECT_EQ(problems(kHttp, "with.retry = { times = 0, tims = 1 }\nwith.status = \"ok\"\n"),
            "error: `/retry/times` must be at least 1; it is 0\n"
            " --> p.toml:5:24\n"
            " 5 | with.retry = { times = 0, tims = 1 }\n"
            "   |                        ^\n"
            "error: unknown key `tims` in `/retry`\n"
            " --> p.toml:5:27\n"
            " 5 | with.retry = { times = 0, tims = 1 }\n"
            "   |                           ^^^^ did you mean `times`?\n"
            "error: `/status` must be an integer; this is a string\n"
            " --> p.toml:6:15\n"
            " 6 | with.status = \"ok\"\n"
            "   |               ^^^^\n"
            "error: `url` is missing in `with`\n"
            " --> p.toml:5:1\n"
            " 5 | with.retry = { times = 0, tims = 1 }\n"
            "   | ^^^^ where to ask\n");
}

TEST(SchemaCheck, EachKeywordOfAScalarHasItsSentence) {
  EXPECT_EQ(said(R"({"type":["string","array"]})", "1"),
            "`/v` must be a string or an array; this is an integer");
  EXPECT_EQ(said(R"({"type":"object"})", "1"), "`/v` must be a table; this is an integer");
  EXPECT_EQ(said(R"({"type":"integer"})", "1.0"), "`/v` must be an integer; this is a number");
  EXPECT_EQ(said(R"({"enum":["GET","PUT"]})", "'GTE'"), "`/v` cannot be `GTE`");
  EXPECT_EQ(said(R"({"const":1})", "2"), "`/v` must be `1`");
  EXPECT_EQ(said(R"({"minimum":1.5})", "1"), "`/v` must be at least 1.5; it is 1");
  EXPECT_EQ(said(R"({"maximum":9})", "10"), "`/v` must be at most 9; it is 10");
  EXPECT_EQ(said(R"({"exclusiveMinimum":1})", "1"), "`/v` must be more than 1; it is 1");
  EXPECT_EQ(said(R"({"exclusiveMaximum":2})", "2.5"), "`/v` must be less than 2; it is 2.5");
}

TEST(SchemaCheck, EachKeywordOfALengthHasItsSentence) {
  EXPECT_EQ(said(R"({"minItems":2})", "[1]"), "`/v` must have at least 2 items; it has 1");
  EXPECT_EQ(said(R"({"maxItems":1})", "[1,2]"), "`/v` must have at most 1 item; it has 2");
  EXPECT_EQ(said(R"({"uniqueItems":true})", "['a','b','a']"), "`a` stands twice in `/v`");
  EXPECT_EQ(said(R"({"minLength":1})", "''"), "`/v` must have at least 1 character; it has 0");
  EXPECT_EQ(said(R"({"maxLength":1})", "'\xC3\xA4\xC3\xB6'"),
            "`/v` must have at most 1 character; it has 2");
  EXPECT_EQ(said(R"({"pattern":"^/"})", "'a'"), "`/v` has the wrong form");
  EXPECT_EQ(said(R"({"minProperties":1})", "{}"), "`/v` must have at least 1 key; it has 0");
  EXPECT_EQ(said(R"({"items":{"type":"string"}})", "['a',1]"),
            "`/v/1` must be a string; this is an integer");
  EXPECT_EQ(said(R"({"additionalProperties":{"type":"string"}})", "{ 'a/b' = 1 }"),
            "`/v/a~1b` must be a string; this is an integer");
  EXPECT_EQ(said(R"({"propertyNames":{"pattern":"^[A-Z]"}})", "{ a = 1 }"),
            "`a` cannot be a key here");
  EXPECT_EQ(said("false", "1"), "`/v` is not allowed here");
}

TEST(SchemaCheck, WhatFitsIsFine) {
  EXPECT_EQ(said(R"({"type":"number","minimum":1,"exclusiveMaximum":3})", "2"), "");
  EXPECT_EQ(said(R"({"enum":["GET",1]})", "1"), "");
  EXPECT_EQ(said(R"({"patternProperties":{"^x-":{"type":"string"}},"additionalProperties":false})",
                 "{ x-a = 'b' }"),
            "");
  EXPECT_EQ(said(R"({"minimum":9007199254740993})", "9007199254740993"), "");
  EXPECT_EQ(said("true", "1"), "");
}

TEST(SchemaCheck, FormsAreTriedOneAfterTheOther) {
  const std::string any = R"({"anyOf":[{"required":["run"]},{"required":["script"]}]})";
  EXPECT_EQ(problems(any, "with.x = 1\n"),
            "error: `with` fits none of the forms it may have\n"
            " --> p.toml:5:1\n"
            " 5 | with.x = 1\n"
            "   | ^^^^ either `run` is missing in `with`, or `script` is missing in `with`\n");
  EXPECT_EQ(problems(any, "with.run = 1\n"), "");
  EXPECT_EQ(said(R"({"oneOf":[{"type":"number"},{"type":"integer"}]})", "1"),
            "`/v` fits several forms of which it may have only one");
  EXPECT_EQ(said(R"({"allOf":[{"minimum":1},{"maximum":3}]})", "4"),
            "`/v` must be at most 3; it is 4");
  EXPECT_EQ(said(R"({"not":{"type":"string"}})", "'a'"), "`/v` has a form that is ruled out");
}

TEST(SchemaCheck, AnExpressionWithoutAValueYetFitsAnything) {
  const std::string open = "with = { url = \"x\", status = \"${{ stages.b.outputs.c }}\" }\n";
  EXPECT_EQ(problems(kHttp, open), "");
  EXPECT_EQ(said(R"({"enum":["a"],"pattern":"^a","type":"object"})", "'${{ inputs.x }}'"), "");
  EXPECT_EQ(said(R"({"enum":["a"],"pattern":"^a$","maxLength":1})", "'a${{ inputs.x }}'"), "");
  EXPECT_EQ(said(R"({"enum":[["a"]]})", "['${{ inputs.x }}']"), "");
  EXPECT_EQ(said(R"({"items":{"type":"integer"},"maxItems":1})", "['${{ inputs.x }}']"), "");
}

TEST(SchemaCheck, TextAroundAnExpressionMakesItAString) {
  EXPECT_EQ(problems(kHttp, "with = { url = \"x\", status = \"2${{ inputs.x }}\" }\n"),
            "error: `/status` must be an integer; this is a string with an expression in it\n"
            " --> p.toml:5:30\n"
            " 5 | with = { url = \"x\", status = \"2${{ inputs.x }}\" }\n"
            "   |                              ^^^^^^^^^^^^^^^^^^ let the expression stand alone, "
            "without text around it\n");
}

TEST(SchemaCheck, AnExpressionThatHasItsValueIsChecked) {
  const std::string with = "with = { url = \"x\", status = \"${{ inputs.s }}\" }\n";
  EXPECT_EQ(problems(kHttp, with, R"({"s":200})"), "");
  EXPECT_EQ(problems(kHttp, with, R"({"s":"ok"})"),
            "error: `/status` must be an integer; this is a string\n"
            " --> p.toml:5:30\n"
            " 5 | with = { url = \"x\", status = \"${{ inputs.s }}\" }\n"
            "   |                              ^^^^^^^^^^^^^^^^^\n");
}

TEST(SchemaProblems, WhatCannotBeCheckedIsNamed) {
  const std::vector<std::string> expected = {
      "the schema's `/$ref` is a keyword that stagerun does not check",
      "the schema's `/properties/a/format` is a keyword that stagerun does not check",
      "the schema's `/properties/a/type` must be a type's name or an array of them",
      "the schema's `/properties/b` must be an object",
      "the schema's `/items` must be one schema for all items",
      "the schema's `/anyOf/0/pattern` must be a regular expression without back-references",
      "the schema's `/minItems` must be a whole number that is not negative",
      "the schema's `/propertyNames/not` is a keyword that stagerun does not check here"};
  EXPECT_EQ(schema_problems(json(R"({"$ref":"#/x","title":"t","properties":{"a":{"format":"uri",
      "type":"text"},"b":1},"items":[{}],"anyOf":[{"pattern":"("}],"minItems":-1,
      "propertyNames":{"not":{}}})")),
            expected);
  EXPECT_EQ(schema_problems(json("[]")), std::vector<std::string>{"the schema must be an object"});
  EXPECT_TRUE(schema_problems(Value()).empty());
}

TEST(SchemaCheck, ABrokenSchemaDoesNotCrashIt) {
  for (const char* schema :
       {"1", R"({"type":1,"enum":3,"properties":[],"required":{"a":1},"not":5})",
        R"({"properties":{"v":{"pattern":"(","minLength":"x","items":[]}}})",
        R"({"anyOf":[],"oneOf":5,"allOf":[1],"patternProperties":{"(":1}})"}) {
    StageSpec stage;
    stage.with = json(R"({"v":"x","w":[1]})");
    Diagnostics diagnostics;
    SchemaChecker().check(json(schema), stage, {stage.with, {}, {}, {}}, {}, diagnostics);
    EXPECT_FALSE(schema_problems(json(schema)).empty());
  }
}

}  // namespace
}  // namespace stagerun
