#include "core/config/read_given.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/config/document.h"
#include "core/config/read_input.h"

namespace stagerun {
namespace {

void report_unknown(const Member& member, const Pipeline& pipeline, Diagnostics& diagnostics) {
  if (pipeline.unread.count("inputs") != 0) return;
  std::vector<std::string> names;
  for (const InputSpec& input : pipeline.inputs) names.push_back(input.name);
  diagnostics.push_back({"input.given_unknown", member.key_span,
                         fmt::format("the pipeline has no input `{}`", printable(member.key)),
                         names.empty() ? "it has no inputs" : suggestion(member.key, names)});
}

}  // namespace

std::map<std::string, std::string> read_given(const Source& source, const Pipeline& pipeline,
                                              Diagnostics& diagnostics) {
  std::map<std::string, std::string> given;
  const Lines lines(source.text);
  const auto document = parse_document(source, lines, diagnostics);
  if (!document) return given;
  for (const Member& member : *document->members()) {
    const auto input =
        std::find_if(pipeline.inputs.begin(), pipeline.inputs.end(),
                     [&member](const InputSpec& each) { return each.name == member.key; });
    if (input == pipeline.inputs.end()) {
      report_unknown(member, pipeline, diagnostics);
      continue;
    }
    if (input->is_broken) continue;
    const auto value = read_value(member.value, *input,
                                  fmt::format("input `{}`", printable(member.key)), diagnostics);
    if (!value) continue;
    given[member.key] = value->text() != nullptr ? *value->text() : render_json(*value);
  }
  return given;
}

}  // namespace stagerun
