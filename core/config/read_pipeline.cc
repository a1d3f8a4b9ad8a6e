#include "core/config/read_pipeline.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/config/document.h"
#include "core/config/read_input.h"
#include "core/config/read_with.h"
#include "core/config/table_reader.h"

namespace stagerun {
namespace {

bool is_stage_name(std::string_view name) {
  const auto starts = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= limits::kNameBytes && starts(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return starts(c) || c == '_' || c == '-'; });
}

class PipelineReader {
 public:
  PipelineReader(const Lines& lines, Diagnostics& diagnostics)
      : lines_(lines), diagnostics_(diagnostics) {}

  Pipeline read(const Node& root) {
    const TableReader table(root, kPipelineKeys, "the pipeline", Span{}, diagnostics_);
    pipeline_.name = read_label(table, "name");
    pipeline_.environment = read_label(table, "environment");
    pipeline_.description = table.text_or("description", "");
    if (const Member* inputs = table.find("inputs")) {
      for (const Member& member : *inputs->value.members()) {
        pipeline_.inputs.push_back(read_input(member, diagnostics_));
      }
    }
    if (const Member* stages = table.find("stage")) {
      if (stages->value.items()->empty()) {
        complain(stages->value.span, "the pipeline has no stage", "write [[stage]]");
      }
      for (const Node& node : *stages->value.items()) read_stage(node);
    }
    return std::move(pipeline_);
  }

 private:
  // Names of locks and histories are made of these.
  std::string read_label(const TableReader& table, const char* key) {
    const Member* member = table.find(key);
    if (member == nullptr) return "";
    const std::string& text = *member->value.text();
    if (text.empty() || text.size() > limits::kNameBytes || printable(text) != text) {
      complain(member->value.span, fmt::format("`{}` must be 1 to 64 visible characters", key), "");
    }
    return text;
  }

  void read_stage(const Node& node) {
    const Member* name = node.find("name");
    const bool is_named = name != nullptr && name->value.text() != nullptr;
    const std::string where =
        is_named ? fmt::format("stage `{}`", printable(*name->value.text())) : "a stage";
    const TableReader table(node, kStageKeys, where, node.span, diagnostics_);
    StageSpec stage;
    stage.span = node.span;
    read_name(table, stage);
    read_uses(table, stage);
    read_needs(table, stage);
    read_policy(table, stage);
    stage.with = Value::object();
    stage.with_spans[""] = stage.uses_span;
    if (const Member* with = table.find("with")) {
      read_with(with->value, lines_, stage, diagnostics_);
    }
    pipeline_.stages.push_back(std::move(stage));
  }

  void read_name(const TableReader& table, StageSpec& stage) {
    const Member* member = table.find("name");
    if (member == nullptr) return;
    stage.name = *member->value.text();
    stage.span = member->value.span;
    if (!is_stage_name(stage.name)) {
      complain(stage.span, fmt::format("`{}` cannot name a stage", printable(stage.name)),
               "use a-z, 0-9, _ and -, a letter or digit first, at most 64 characters");
    }
    const auto [first, is_new] = lines_of_names_.emplace(stage.name, stage.span.line);
    if (!is_new) {
      complain(stage.span, fmt::format("two stages are called `{}`", printable(stage.name)),
               fmt::format("the first is in line {}; rename one of them", first->second));
    }
  }

  void read_uses(const TableReader& table, StageSpec& stage) {
    const Member* member = table.find("uses");
    if (member == nullptr) return;
    stage.uses = *member->value.text();
    stage.uses_span = member->value.span;
  }

  void read_needs(const TableReader& table, StageSpec& stage) {
    const Member* member = table.find("needs");
    if (member == nullptr) {
      if (!pipeline_.stages.empty()) stage.needs.push_back(pipeline_.stages.back().name);
      return;
    }
    for (const Node& node : *member->value.items()) {
      const std::string& name = *node.text();
      if (stage.needs_spans.emplace(name, node.span).second) {
        stage.needs.push_back(name);
      } else {
        complain(node.span, fmt::format("`{}` is needed twice", printable(name)),
                 "leave one of them out");
      }
    }
  }

  void read_policy(const TableReader& table, StageSpec& stage) {
    const Member* timeout = table.find("timeout");
    stage.timeout_ms =
        timeout != nullptr ? *parse_duration_ms(*timeout->value.text()) : limits::kStageTimeout;
    stage.rollback_timeout_ms = stage.timeout_ms;
    stage.on_failure = *from_string<OnFailure>(table.text_or("on_failure", "rollback"));
    stage.rollback = *from_string<RollbackPolicy>(table.text_or("rollback", "auto"));
    stage.acknowledge_irreversible = table.boolean_or("acknowledge_irreversible", false);
  }

  void complain(const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({span, std::move(text), std::move(hint)});
  }

  const Lines& lines_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string, std::uint32_t> lines_of_names_;
  Pipeline pipeline_;
};

}  // namespace

std::optional<Pipeline> read_pipeline(const Source& source, Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  const Lines lines(source.text);
  const auto root = parse_document(source, lines, diagnostics);
  if (!root) return std::nullopt;
  Pipeline pipeline = PipelineReader(lines, diagnostics).read(*root);
  if (diagnostics.size() > before) return std::nullopt;
  return pipeline;
}

}  // namespace stagerun
