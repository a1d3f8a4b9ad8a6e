// A pipeline file: read, or all that is wrong with it told at places that are in it.
#include <algorithm>

#include "core/config/read_pipeline.h"
#include "tests/fuzz/expression_rules.h"
#include "tests/fuzz/fuzz.h"

using namespace stagerun;

namespace {

void must_be_good(const StageSpec& stage, const std::string& file) {
  MUST(!stage.name.empty() && !stage.uses.empty());
  MUST(stage.timeout_ms > 0);
  fuzz::must_be_inside(stage.span, file);
  fuzz::must_be_inside(stage.uses_span, file);
  for (const auto& [name, span] : stage.needs_spans) fuzz::must_be_inside(span, file);
  for (const auto& [pointer, span] : stage.with_spans) {
    MUST(stage.with.at(pointer) != nullptr || pointer.empty());
    fuzz::must_be_inside(span, file);
  }
  for (const auto& [pointer, span] : stage.with_key_spans) fuzz::must_be_inside(span, file);
  for (const auto& [pointer, parts] : stage.templates) {
    const Value* place = stage.with.at(pointer);
    MUST(place != nullptr && place->text() != nullptr);
    for (const Template::Part& part : parts.parts) {
      if (part.expression) fuzz::must_be_complete(*part.expression, file);
    }
  }
  if (stage.condition) fuzz::must_be_complete(*stage.condition, file);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Source source{"p.toml", std::string(fuzz::view(data, size))};
  Diagnostics diagnostics;
  const auto pipeline = read_pipeline(source, diagnostics);
  MUST(pipeline.has_value() || !diagnostics.empty());
  fuzz::must_be_good(diagnostics, source);
  if (!pipeline) return 0;
  for (const InputSpec& input : pipeline->inputs) fuzz::must_be_inside(input.span, source.text);
  // Of a file with problems there is what could be read, for whoever looks for more of them.
  if (!diagnostics.empty()) return 0;
  MUST(!pipeline->name.empty());
  for (const StageSpec& stage : pipeline->stages) must_be_good(stage, source.text);
  for (std::size_t i = 0; i < pipeline->stages.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      MUST(pipeline->stages[i].name != pipeline->stages[j].name);
    }
  }
  return 0;
}
