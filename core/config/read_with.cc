#include "core/config/read_with.h"

#include <string>
#include <utility>

#include "core/config/template.h"

namespace stagerun {
namespace {

class WithReader {
 public:
  WithReader(const Lines& lines, StageSpec& stage, UsedNames& used, Diagnostics& diagnostics)
      : lines_(lines), stage_(stage), used_(used), diagnostics_(diagnostics) {}

  // The depth of a Node is limited by parse_document, and so is this recursion.
  Value read(const Node& node, const std::string& pointer) {
    stage_.with_spans[pointer] = node.span;
    if (const auto* boolean = node.boolean()) return *boolean;
    if (const auto* integer = node.integer()) return *integer;
    if (const auto* number = std::get_if<double>(&node.content)) return *number;
    if (const auto* text = node.text()) return read_text(*text, node.span, pointer);
    if (const auto* items = node.items()) return read_items(*items, pointer);
    return read_members(*node.members(), pointer);
  }

 private:
  Value read_text(const std::string& text, const Span& span, const std::string& pointer) {
    if (auto parts = parse_template(text, span, lines_, diagnostics_)) {
      for (const Template::Part& part : parts->parts) {
        if (part.expression) note_used(*part.expression, used_);
      }
      stage_.templates[pointer] = *std::move(parts);
    }
    return text;
  }

  Value read_items(const Node::Array& nodes, const std::string& pointer) {
    Value::Array items;
    for (const Node& node : nodes) {
      items.push_back(read(node, pointer + "/" + std::to_string(items.size())));
    }
    return items;
  }

  Value read_members(const Node::Table& table, const std::string& pointer) {
    Value::Object members;
    for (const Member& member : table) {
      const std::string place = pointer + "/" + pointer_token(member.key);
      stage_.with_key_spans[place] = member.key_span;
      members.emplace_back(member.key, read(member.value, place));
    }
    return members;
  }

  const Lines& lines_;
  StageSpec& stage_;
  UsedNames& used_;
  Diagnostics& diagnostics_;
};

}  // namespace

void note_used(const Expression& expression, UsedNames& used) {
  if (expression.nodes.empty()) used.are_all = false;
  for (const Expression::Node& node : expression.nodes) {
    if (node.kind != Expression::Kind::reference) continue;
    const auto& path = node.reference.path;
    if (path[0] == "secrets") used.secrets.insert(path[1]);
    if (path[0] == "env") used.variables.insert(path[1]);
  }
}

void read_with(const Node& table, const Lines& lines, StageSpec& stage, UsedNames& used,
               Diagnostics& diagnostics) {
  stage.templates.clear();
  stage.with_spans.clear();
  stage.with_key_spans.clear();
  stage.with = WithReader(lines, stage, used, diagnostics).read(table, "");
}

}  // namespace stagerun
