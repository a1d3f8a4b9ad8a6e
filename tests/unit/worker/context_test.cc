#include "core/worker/context.h"

#include <gtest/gtest.h>

#include "core/base/json.h"

namespace stagerun {
namespace {

// The value as JSON, or "none".
std::string find(std::string_view key) {
  const auto context = parse_json(R"({"inputs":{"a":1,"b.c":2},"env":{"e":5},)"
                                  R"("stages":{"x":{"outputs":{"y":{"z":3}},"other":4}}})");
  const Value* value = find_in_context(*context, key);
  return value != nullptr ? render_json(*value) : "none";
}

TEST(Context, InputsAndOutputsAreFound) {
  EXPECT_EQ(find("inputs.a"), "1");
  EXPECT_EQ(find("inputs.b.c"), "2");
  EXPECT_EQ(find("stages.x.outputs.y"), R"({"z":3})");
}

TEST(Context, NothingElseIs) {
  for (const char* key : {"", ".", "inputs", "inputs.", "inputs.none", "stages", "stages.",
                          "stages.x", "stages.x.other", "stages.x.outputs", "stages.x.outputs.",
                          "stages.x.outputs.none", "stages..outputs.y", "env.e"}) {
    EXPECT_EQ(find(key), "none") << key;
  }
}

}  // namespace
}  // namespace stagerun
