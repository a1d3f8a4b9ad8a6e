// Modules: tables that no plugin should have, each refused with words.
#include "core/worker/module.h"

#include <string>

#include <gtest/gtest.h>

#include "core/base/json.h"

namespace stagerun {
namespace {

sr_status do_nothing(const sr_call*) noexcept { return SR_OK; }

// A sound module with one stage; each test breaks one thing of it.
struct Sample {
  Sample() {
    stage.size = sizeof stage;
    stage.name = "stage";
    stage.schema = "{}";
    stage.apply = do_nothing;
    module.size = sizeof module;
    module.abi_major = SR_ABI_MAJOR;
    module.name = "sample";
    module.version = "1.0.0";
    module.stage_count = 1;
    module.stages = stages;
  }
  // The refusal's text, or "".
  std::string refusal() const {
    Module read;
    const auto refused = read_module(&module, read);
    return refused ? refused->code + ": " + refused->text : "";
  }
  bool refuses(const std::string& words) const {
    return refusal().find(words) != std::string::npos;
  }

  sr_stage stage{};
  const sr_stage* stages[1] = {&stage};
  sr_module module{};
};

TEST(ReadModule, SoundOneIsRead) {
  const Sample sample;
  Module module;
  EXPECT_FALSE(read_module(&sample.module, module).has_value());
  EXPECT_NE(module.find("stage"), nullptr);
  EXPECT_EQ(module.find("other"), nullptr);
}

TEST(ReadModule, NullIsRefused) {
  Module module;
  EXPECT_EQ(read_module(nullptr, module)->code, "load.module");
}

TEST(ReadModule, ShortTablesAreRefused) {
  Sample sample;
  sample.module.size = sizeof(sr_module) - 8;
  EXPECT_TRUE(sample.refuses("a size smaller than ABI 1.0"));
  sample = Sample();
  sample.stage.size = 0;
  sample.stages[0] = &sample.stage;
  sample.module.stages = sample.stages;
  EXPECT_TRUE(sample.refuses("a stage smaller than ABI 1.0"));
}

TEST(ReadModule, NewerMinorAndOtherMajorAreRefused) {
  Sample sample;
  sample.module.abi_minor = SR_ABI_MINOR + 1;
  EXPECT_TRUE(sample.refuses("load.abi: the plugin needs ABI 1.1; this stagerun speaks 1.0"));
  Sample other;
  other.module.abi_major = 3;
  EXPECT_TRUE(other.refuses("load.abi"));
}

TEST(ReadModule, NamesMustBeNames) {
  for (const char* name : {static_cast<const char*>(nullptr), "", "a.b", "a/b", "A", "a\xff"}) {
    Sample sample;
    sample.module.name = name;
    EXPECT_TRUE(sample.refuses("no proper name")) << (name != nullptr ? name : "null");
    Sample other;
    other.stage.name = name;
    EXPECT_TRUE(other.refuses("a stage without a proper name"));
  }
}

TEST(ReadModule, StagesMustBeThere) {
  Sample sample;
  sample.module.stage_count = 0;
  EXPECT_TRUE(sample.refuses("no stages"));
  sample.module.stage_count = 257;
  EXPECT_TRUE(sample.refuses("more than 256 stages"));
  sample.module.stage_count = 1;
  sample.stages[0] = nullptr;
  EXPECT_TRUE(sample.refuses("a stage that is null"));
  sample.module.stages = nullptr;
  EXPECT_TRUE(sample.refuses("no stages"));
}

TEST(ReadModule, SameNameTwiceIsRefused) {
  Sample sample;
  const sr_stage* twice[2] = {&sample.stage, &sample.stage};
  sample.module.stages = twice;
  sample.module.stage_count = 2;
  EXPECT_TRUE(sample.refuses("two stages named stage"));
}

TEST(ReadModule, DocumentsMustBeJsonObjects) {
  for (const char* text : {"", "[]", "{", "{} x", "\"a\""}) {
    Sample sample;
    sample.stage.schema = text;
    EXPECT_TRUE(sample.refuses("a schema that is not a JSON object (stage stage)")) << text;
    Sample outputs;
    outputs.stage.outputs = text;
    EXPECT_TRUE(outputs.refuses("outputs that are not"));
    Sample manifest;
    manifest.stage.manifest = text;
    EXPECT_TRUE(manifest.refuses("a manifest that is not"));
  }
  Sample none;
  none.stage.schema = nullptr;
  EXPECT_TRUE(none.refuses("a schema that is not"));
}

TEST(ReadModule, StageMustHaveApply) {
  Sample sample;
  sample.stage.apply = nullptr;
  EXPECT_TRUE(sample.refuses("a stage without apply (stage stage)"));
}

TEST(DescribeModule, AbsentThingsAreNull) {
  const Sample sample;
  Module module;
  ASSERT_FALSE(read_module(&sample.module, module).has_value());
  EXPECT_EQ(render_json(describe(module)),
            R"({"name":"sample","version":"1.0.0","abi_major":1,"abi_minor":0,"stages":[)"
            R"({"name":"stage","summary":"","flags":0,"schema":{},"outputs":null,)"
            R"("manifest":null,"verbs":["apply"]}]})");
}

}  // namespace
}  // namespace stagerun
