#include "core/config/read_stage.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/config/read_policy.h"
#include "core/config/table_reader.h"
#include "core/config/template.h"

namespace stagerun {
namespace {

bool is_stage_name(std::string_view name) {
  const auto starts = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= limits::kNameBytes && starts(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [&](char c) { return starts(c) || c == '_' || c == '-'; });
}

std::string name_for_people(const Node& node) {
  const Member* name = node.find("name");
  const bool is_named = name != nullptr && name->value.text() != nullptr;
  return is_named ? fmt::format("stage `{}`", printable(*name->value.text())) : "a stage";
}

class StageReader {
 public:
  StageReader(const Node& node, const Lines& lines, StageSpec defaults, Diagnostics& diagnostics)
      : lines_(lines),
        diagnostics_(diagnostics),
        where_(name_for_people(node)),
        table_(node, kStageKeys, where_, node.span, diagnostics),
        stage_(std::move(defaults)) {
    stage_.span = node.span;
    stage_.is_broken = !table_.wrong().empty();
  }

  StageSpec read(const StageSpec* before, UsedNames& used) {
    read_name();
    if (const Member* member = table_.find("uses")) {
      stage_.uses = *member->value.text();
      stage_.uses_span = member->value.span;
    }
    read_needs(before);
    read_timeouts_and_policy();
    if (const Member* member = table_.find("if")) {
      stage_.condition =
          parse_condition(*member->value.text(), member->value.span, lines_, diagnostics_);
      stage_.condition_text = *member->value.text();
      note_used(*stage_.condition, used);
    }
    read_secrets();
    read_configuration(used);
    return std::move(stage_);
  }

 private:
  void read_name() {
    const Member* member = table_.find("name");
    if (member == nullptr) return;
    stage_.name = *member->value.text();
    stage_.span = member->value.span;
    if (is_stage_name(stage_.name)) return;
    complain("stage.name", stage_.span,
             fmt::format("`{}` cannot name a stage", printable(stage_.name)),
             "use a-z, 0-9, _ and -, a letter or digit first, at most 64 characters");
  }

  void read_needs(const StageSpec* before) {
    const Member* member = table_.find("needs");
    if (member == nullptr) {
      if (before != nullptr) stage_.needs.push_back(before->name);
      return;
    }
    for (const Node& node : *member->value.items()) {
      const std::string& name = *node.text();
      if (stage_.needs_spans.emplace(name, node.span).second) {
        stage_.needs.push_back(name);
      } else {
        complain("stage.need_twice", node.span,
                 fmt::format("`{}` is needed twice", printable(name)), "leave one of them out");
      }
    }
  }

  void read_timeouts_and_policy() {
    if (!read_policy(table_, where_, stage_, diagnostics_)) stage_.is_broken = true;
    if (stage_.timeout_ms == 0) stage_.timeout_ms = limits::kStageTimeout;
    if (stage_.rollback_timeout_ms == 0) stage_.rollback_timeout_ms = stage_.timeout_ms;
    stage_.acknowledge_irreversible = table_.boolean_or("acknowledge_irreversible", false);
  }

  void read_secrets() {
    const Member* member = table_.find("secrets");
    if (member == nullptr) return;
    for (const Node& node : *member->value.items()) {
      const std::string& name = *node.text();
      if (stage_.secrets_spans.emplace(name, node.span).second) {
        stage_.secrets.push_back(name);
      } else {
        complain("secret.grant_twice", node.span,
                 fmt::format("secret `{}` is granted twice", printable(name)),
                 "leave one of them out");
      }
    }
  }

  void read_configuration(UsedNames& used) {
    stage_.with = Value::object();
    stage_.with_spans[""] = stage_.uses_span;
    const Member* with = table_.find("with");
    if (with == nullptr) return;
    UsedNames own;
    read_with(with->value, lines_, stage_, own, diagnostics_);
    stage_.used_secrets = std::move(own.secrets);
    used.variables.merge(own.variables);
    used.are_all = used.are_all && own.are_all;
  }

  void complain(const char* code, const Span& span, std::string text, std::string hint) {
    stage_.is_broken = true;
    diagnostics_.push_back({code, span, std::move(text), std::move(hint)});
  }

  const Lines& lines_;
  Diagnostics& diagnostics_;
  std::string where_;
  TableReader table_;
  StageSpec stage_;
};

}  // namespace

StageSpec read_stage(const Node& node, const Lines& lines, const StageSpec& defaults,
                     const StageSpec* before, UsedNames& used, Diagnostics& diagnostics) {
  return StageReader(node, lines, defaults, diagnostics).read(before, used);
}

}  // namespace stagerun
