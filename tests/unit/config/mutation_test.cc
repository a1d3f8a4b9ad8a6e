// A valid pipeline with bytes changed, removed, doubled and moved: whatever comes out, the reader
// gives a pipeline or diagnostics that can be shown, and never crashes. Seeded, so that a failure
// comes again.
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/config/read_pipeline.h"

namespace stagerun {
namespace {

constexpr std::string_view kValid = R"(name = "shop"
environment = "production" # ä
env = ["HOME"]
[inputs.image]
required = true
pattern = '^[a-z0-9./:@-]+$'
[inputs.count]
type = "integer"
default = 2
choices = [1, 2]
[secrets]
KEY = { env = "KEY" }
[defaults]
retry = { attempts = 3, backoff = "2s" }
[environments.staging]
inputs = { image = "b" }
without = ["check"]
with.build = { run = ["${{ env.HOME }}"], deep.er = [] }
[rehearse]
real = ["bin/run", "http://localhost:80"]
secrets = { KEY = "made up" }
"POST https://example.com/" = { status = 201, json = { a = [1.5] }, takes = "2s" }
"npm run build" = { exit = 1, writes = ["dist/a"], prints = "x" }
[[stage]]
name = "build"
uses = "exec"
if = "inputs.count in (1, 2) && !starts_with(inputs.image, 'x') || default(git.tag, '') == 'v''1'"
secrets = ["KEY"]
with = { key = "\t\u00e9${{ secrets.KEY }}", run = ["${{ inputs.image }}"], d.e = [{ x = 1.5 }] }
[[stage]]
name = "check"
uses = "http.check"
needs = ["build"]
timeout = "1h30m"
on_failure = "continue"
[stage.with]
url = "https://example.com/${{ stages.build.outputs.path }}"
body = """
one
two "${X}" ${{ inputs.count }}"""
at = 2026-12-20T00:00:00Z
)";

constexpr std::string_view kBytes = "\"'[]{}=.,#\n\\${} \t\x80\xC3\xFF\x01-0a9eT:";

// Letters, spaces and ends of lines from all over Unicode, and what begins or ends something early.
const std::vector<std::string> kPieces = {std::string(1, '\0'),
                                          "\xC3\xA4",
                                          "\xC2\xA0",
                                          "\xD2\x98",
                                          "\xE2\x80\xA8",
                                          "\xE3\x80\x80",
                                          "\xF0\x9F\x98\x80",
                                          "\xEF\xBB\xBF",
                                          "\r\n",
                                          "\"\"\"",
                                          "'''",
                                          "${{",
                                          "[[",
                                          "]]",
                                          "0x",
                                          "nan"};

std::string mutate(std::string text, std::mt19937& random) {
  const auto below = [&random](std::size_t end) {
    return random() % std::max<std::size_t>(end, 1);
  };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(text.size());
    const std::size_t count = below(20);
    switch (below(5)) {
      case 0:
        text.erase(at, count);
        break;
      case 1:
        text.insert(at, text, below(text.size()), count);
        break;
      case 2:
        text.insert(at, 1, kBytes[below(kBytes.size())]);
        break;
      case 3:
        text.insert(at, kPieces[below(kPieces.size())]);
        break;
      default:
        if (!text.empty()) text[at] = kBytes[below(kBytes.size())];
    }
  }
  return text;
}

TEST(Mutation, NeverCrashesTheReader) {
  std::mt19937 random(20260930);
  std::size_t read = 0;
  for (int i = 0; i < 4'000; ++i) {
    const Source source{"p.toml", mutate(std::string(kValid), random)};
    Diagnostics diagnostics;
    const auto pipeline = read_pipeline(source, diagnostics, i % 2 == 0 ? "staging" : "");
    ASSERT_TRUE(pipeline.has_value() || !diagnostics.empty());
    for (const Diagnostic& diagnostic : diagnostics) {
      ASSERT_FALSE(diagnostic.text.empty());
      ASSERT_FALSE(render(diagnostic, source).empty());
    }
    read += diagnostics.empty() ? 1 : 0;
  }
  EXPECT_GT(read, 100u);
  EXPECT_LT(read, 3'900u);
}

TEST(Mutation, EveryPrefixOfAPipelineIsReadOrReported) {
  for (std::size_t length = 0; length < kValid.size(); ++length) {
    const Source source{"p.toml", std::string(kValid.substr(0, length))};
    Diagnostics diagnostics;
    const auto pipeline = read_pipeline(source, diagnostics);
    EXPECT_TRUE(pipeline.has_value() || !diagnostics.empty());
  }
}

}  // namespace
}  // namespace stagerun
