#include "core/config/document.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include <fmt/format.h>

// The only file that includes toml++: its code is compiled in here, so that the program needs no
// shared library for it, and gives its errors back instead of throwing them.
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_MAX_NESTED_VALUES 64
// Its assertions fail on some wrong files (`[=`), which the code after them then reports properly.
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

#include "core/base/check.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/config/key_depth.h"

namespace stagerun {
namespace {

static_assert(TOML_MAX_NESTED_VALUES == limits::kDepth);

Lines::Position position(const toml::source_position& place) { return {place.line, place.column}; }

Span span_of(const toml::source_region& region, const Lines& lines) {
  return lines.span(lines.offset_of(position(region.begin)), lines.offset_of(position(region.end)));
}

// toml++'s sentences are for programmers; this keeps what they say.
Diagnostic syntax_error(const toml::parse_error& error, const Lines& lines) {
  constexpr std::string_view kPrefix = "Error while parsing ";
  const Span span = span_of(error.source(), lines);
  std::string_view text = error.description();
  if (text.find("TOML_MAX_NESTED_VALUES") != std::string_view::npos) {
    return {span, "nested too deeply", fmt::format("the limit is {} levels", limits::kDepth)};
  }
  std::string where;
  if (const std::size_t colon = text.find(": "); text.starts_with(kPrefix) && colon < text.size()) {
    where = fmt::format(" (in the {})", text.substr(kPrefix.size(), colon - kPrefix.size()));
    text.remove_prefix(colon + 2);
  }
  std::string hint;
  if (text.starts_with("could not determine value type")) hint = "text needs quotes";
  if (text.starts_with("cannot redefine")) hint = "it was given before";
  if (text.starts_with("unescaped control")) hint = "is a closing quote missing?";
  return {span, "not TOML: " + printable(text) + where, hint};
}

class Converter {
 public:
  Converter(const Lines& lines, Diagnostics& diagnostics)
      : lines_(lines), diagnostics_(diagnostics) {}

  Node convert(const toml::node& source, std::size_t depth) {
    Node node{span_of(source.source(), lines_), false};
    if (depth > limits::kDepth) {
      diagnostics_.push_back(
          {node.span, "nested too deeply", fmt::format("the limit is {} levels", limits::kDepth)});
    } else if (const auto* table = source.as_table()) {
      node.content = convert_table(*table, depth);
    } else if (const auto* array = source.as_array()) {
      Node::Array items;
      for (const toml::node& item : *array) items.push_back(convert(item, depth + 1));
      node.content = std::move(items);
    } else {
      convert_scalar(source, node);
    }
    return node;
  }

 private:
  // toml++ sorts by name; the order in which the keys first appeared is what the author meant.
  Node::Table convert_table(const toml::table& table, std::size_t depth) {
    std::vector<std::pair<const toml::key*, const toml::node*>> entries;
    for (const auto& [key, value] : table) entries.emplace_back(&key, &value);
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      const auto begin_a = a.first->source().begin;
      const auto begin_b = b.first->source().begin;
      return std::tie(begin_a.line, begin_a.column) < std::tie(begin_b.line, begin_b.column);
    });
    Node::Table members;
    members.reserve(entries.size());
    for (const auto& [key, value] : entries) {
      const Span key_span = span_of(key->source(), lines_);
      members.push_back({std::string(key->str()), key_span, convert(*value, depth + 1)});
    }
    return members;
  }

  void convert_scalar(const toml::node& source, Node& node) {
    if (const auto* boolean = source.as_boolean()) node.content = boolean->get();
    if (const auto* integer = source.as_integer()) node.content = integer->get();
    if (const auto* text = source.as_string()) node.content = text->get();
    if (const auto* number = source.as_floating_point()) {
      if (!std::isfinite(number->get())) {
        diagnostics_.push_back({node.span, "nan and inf are no values", "use a finite number"});
      }
      node.content = number->get();
    }
    if (const auto* date = source.as_date()) node.content = as_text(date->get());
    if (const auto* time = source.as_time()) node.content = as_text(time->get());
    if (const auto* both = source.as_date_time()) node.content = as_text(both->get());
  }

  template <typename Moment>
  static std::string as_text(const Moment& moment) {
    std::ostringstream out;
    out << moment;
    return out.str();
  }

  const Lines& lines_;
  Diagnostics& diagnostics_;
};

}  // namespace

const Member* Node::find(std::string_view key) const {
  const Table* table = members();
  if (table == nullptr) return nullptr;
  const auto found = std::find_if(table->begin(), table->end(),
                                  [key](const Member& member) { return member.key == key; });
  return found == table->end() ? nullptr : &*found;
}

const char* Node::describe() const {
  static constexpr const char* kNames[] = {"a boolean", "an integer", "a number",
                                           "a string",  "an array",   "a table"};
  return kNames[content.index()];
}

std::optional<Node> parse_document(const Source& source, const Lines& lines,
                                   Diagnostics& diagnostics) {
  if (source.text.size() > limits::kPipelineBytes) {
    diagnostics.push_back({{},
                           "the file is too large",
                           fmt::format("the limit is {} bytes", limits::kPipelineBytes)});
    return std::nullopt;
  }
  if (const auto deep = find_deep_key(source.text)) {
    diagnostics.push_back({lines.span(*deep, *deep + 1), "nested too deeply",
                           fmt::format("the limit is {} levels", limits::kDepth)});
    return std::nullopt;
  }
  const toml::parse_result parsed = toml::parse(std::string_view(source.text));
  if (!parsed) {
    diagnostics.push_back(syntax_error(parsed.error(), lines));
    return std::nullopt;
  }
  const std::size_t before = diagnostics.size();
  Node root = Converter(lines, diagnostics).convert(parsed.table(), 0);
  if (diagnostics.size() > before) return std::nullopt;
  return root;
}

}  // namespace stagerun
