#include "core/plan/order.h"

#include <gtest/gtest.h>

namespace stagerun {
namespace {

// "c: a b" is a stage c that needs a and b; a stage's needs stand in its own line.
Pipeline pipeline(const std::vector<std::pair<std::string, std::vector<std::string>>>& stages) {
  Pipeline pipeline;
  for (const auto& [name, needs] : stages) {
    StageSpec stage;
    const auto line = static_cast<std::uint32_t>(pipeline.stages.size() + 1);
    stage.name = name;
    stage.span = {line, 1, 1};
    stage.needs = needs;
    for (const std::string& need : needs) stage.needs_spans[need] = {line, 10, 3};
    pipeline.stages.push_back(std::move(stage));
  }
  return pipeline;
}

struct Ordered {
  std::string names;  // "a b c", or "none"
  Diagnostics diagnostics;
};

Ordered order_of(const Pipeline& stages) {
  Ordered result;
  const StageGraph graph = make_graph(stages, result.diagnostics);
  const auto places = order(stages, graph, result.diagnostics);
  if (!places) result.names = "none";
  for (const std::size_t i : places.value_or(std::vector<std::size_t>())) {
    result.names += (result.names.empty() ? "" : " ") + stages.stages[i].name;
  }
  return result;
}

TEST(Order, IsThatOfTheFileWhereNeedsAllowIt) {
  EXPECT_EQ(order_of(pipeline({{"c", {}}, {"a", {}}, {"b", {}}})).names, "c a b");
  EXPECT_EQ(order_of(pipeline({{"a", {"c"}}, {"b", {}}, {"c", {}}, {"d", {}}})).names, "b c a d");
  EXPECT_EQ(order_of(pipeline({{"a", {"d"}}, {"b", {"a"}}, {"c", {}}, {"d", {}}})).names,
            "c d a b");
}

TEST(Order, AnUnknownNeedIsReportedWithASuggestion) {
  const Ordered result =
      order_of(pipeline({{"test", {}}, {"build", {}}, {"c", {"tset", "build"}}}));
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].text, "stage `c` needs `tset`, which does not exist");
  EXPECT_EQ(result.diagnostics[0].hint, "did you mean `test`?");
  EXPECT_EQ(result.diagnostics[0].span, (Span{3, 10, 3}));
  EXPECT_EQ(result.names, "test build c");
}

TEST(Order, ACircleIsShownAsAPath) {
  const Ordered result = order_of(pipeline({{"x", {"b"}}, {"a", {"b"}}, {"b", {"a"}}}));
  EXPECT_EQ(result.names, "none");
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].text, "stages need each other in a circle: a -> b -> a");
  EXPECT_EQ(result.diagnostics[0].span, (Span{2, 10, 3}));
}

TEST(Order, AStageThatNeedsItselfIsACircle) {
  const Ordered result = order_of(pipeline({{"a", {"a"}}}));
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].text, "stages need each other in a circle: a -> a");
}

TEST(Order, EveryCircleIsReportedOnce) {
  const Ordered result = order_of(
      pipeline({{"a", {"b"}}, {"b", {"c"}}, {"c", {"a"}}, {"d", {"e", "a"}}, {"e", {"d"}}}));
  ASSERT_EQ(result.diagnostics.size(), 2u);
  EXPECT_NE(result.diagnostics[0].text.find("a -> b -> c -> a"), std::string::npos);
  EXPECT_NE(result.diagnostics[1].text.find("d -> e -> d"), std::string::npos);
}

Pipeline chain(std::size_t count, bool closed) {
  std::vector<std::pair<std::string, std::vector<std::string>>> stages;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string need = "s" + std::to_string(i + 1);
    const bool last = i + 1 == count;
    std::vector<std::string> needs;
    if (!last) needs = {need};
    if (last && closed) needs = {"s0"};
    stages.push_back({"s" + std::to_string(i), needs});
  }
  return pipeline(stages);
}

TEST(Order, AChainOfTenThousandIsOrdered) {
  const Ordered result = order_of(chain(10'000, false));
  EXPECT_TRUE(result.diagnostics.empty());
  EXPECT_TRUE(result.names.starts_with("s9999 s9998 "));
}

TEST(Order, ACircleOfTenThousandIsShownWithoutItsMiddle) {
  const Ordered result = order_of(chain(10'000, true));
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(result.diagnostics[0].text,
            "stages need each other in a circle: s0 -> s1 -> s2 -> s3 -> s4 -> s5 -> ... -> s9995 "
            "-> s9996 -> s9997 -> s9998 -> s9999 -> s0");
}

TEST(Order, TenThousandUnknownNeedsTakeLittleTime) {
  std::vector<std::pair<std::string, std::vector<std::string>>> stages;
  for (int i = 0; i < 10'000; ++i) {
    stages.push_back({"stage-" + std::to_string(i), {"unknown-" + std::to_string(i)}});
  }
  EXPECT_EQ(order_of(pipeline(stages)).diagnostics.size(), 10'000u);
}

}  // namespace
}  // namespace stagerun
