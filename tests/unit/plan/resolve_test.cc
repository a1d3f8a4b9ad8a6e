#include "core/plan/resolve.h"

#include <gtest/gtest.h>

#include "core/base/json.h"

namespace stagerun {
namespace {

Template::Part reference(const std::vector<std::string>& path) {
  Expression::Node node;
  node.kind = Expression::Kind::reference;
  node.reference = {path, {3, 4, 5}};
  return {"", Expression{{node}, {3, 4, 5}}};
}

Template::Part literal(const std::string& text) { return {text, std::nullopt}; }

const Template kInput{{reference({"inputs", "a"})}};
const Template kOutput{{reference({"stages", "s", "outputs", "o"})}};
const Template kBoth{{literal("<"), reference({"inputs", "a"}), literal("|"),
                      reference({"stages", "s", "outputs", "o"}), literal(">")}};

StageSpec stage(const Template& text) {
  StageSpec spec;
  spec.with = Value::object().set("k", Value::array().push(1).push("RAW"));
  spec.templates["/k/1"] = text;
  return spec;
}

Value context(Value input, Value output) {
  const Value outputs = Value::object().set("o", std::move(output));
  return Value::object()
      .set("inputs", Value::object().set("a", std::move(input)))
      .set("stages", Value::object().set("s", Value::object().set("outputs", outputs)));
}

std::string resolved(const Template& text, const Value& values) {
  return render_json(resolve(stage(text), values).with);
}

TEST(Resolve, AWholeReferenceTakesTheTypeOfItsValue) {
  const Value list = Value::array().push(true).push(Value::object().set("x", 1.5));
  EXPECT_EQ(resolved(kInput, context(7, 0)), R"({"k":[1,7]})");
  EXPECT_EQ(resolved(kOutput, context(0, list)), R"({"k":[1,[true,{"x":1.5}]]})");
}

TEST(Resolve, InsideTextValuesAreWrittenOut) {
  EXPECT_EQ(resolved(kBoth, context(-7, true)), R"({"k":[1,"<-7|true>"]})");
  EXPECT_EQ(resolved(kBoth, context("a\"b", Value::object().set("x", "y"))),
            R"({"k":[1,"<a\"b|{\"x\":\"y\"}>"]})");
}

TEST(Resolve, WhatHasNoValueKeepsItsTextAndIsListed) {
  const Value values = Value::object().set("inputs", Value::object().set("a", 1));
  const Resolved result = resolve(stage(kBoth), values);
  EXPECT_EQ(render_json(result.with), R"({"k":[1,"RAW"]})");
  ASSERT_EQ(result.missing.size(), 1u);
  EXPECT_EQ(result.missing[0], (Reference{{"stages", "s", "outputs", "o"}, {3, 4, 5}}));
  EXPECT_EQ(result.pointers, std::vector<std::string>{"/k/1"});
}

TEST(Resolve, AValueIsNeverLookedThroughForExpressions) {
  const Value values = context("${{ stages.s.outputs.o }}", "secret");
  EXPECT_EQ(resolved(kInput, values), R"({"k":[1,"${{ stages.s.outputs.o }}"]})");
  EXPECT_EQ(resolved(kBoth, values), R"({"k":[1,"<${{ stages.s.outputs.o }}|secret>"]})");
}

TEST(Resolve, AnEmptyContextHasNothing) {
  EXPECT_EQ(resolve(stage(kInput), Value()).missing.size(), 1u);
  EXPECT_EQ(resolve(stage(kBoth), Value::array()).missing.size(), 2u);
}

}  // namespace
}  // namespace stagerun
