#include "core/config/read_input.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/pattern.h"
#include "core/base/text.h"
#include "core/config/table_reader.h"

namespace stagerun {
namespace {

bool is_input_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= limits::kNameBytes && is_letter(name[0]) &&
         std::all_of(name.begin(), name.end(), fits);
}

Value scalar(const Node& node) {
  if (const auto* boolean = node.boolean()) return *boolean;
  if (const auto* integer = node.integer()) return *integer;
  return *node.text();
}

std::optional<Value> scalar_of_type(const Node& node, const InputSpec& input,
                                    const std::string& what, Diagnostics& diagnostics) {
  const bool is_scalar =
      node.boolean() != nullptr || node.integer() != nullptr || node.text() != nullptr;
  if (is_scalar) {
    Value value = scalar(node);
    if (value.type_name() == input.type) return value;
  }
  diagnostics.push_back(
      {"input.type", node.span,
       fmt::format("{} must be of type {}; this is {}", what, input.type, node.describe()), ""});
  return std::nullopt;
}

class InputReader {
 public:
  InputReader(const Member& member, Diagnostics& diagnostics)
      : diagnostics_(diagnostics),
        where_(fmt::format("input `{}`", printable(member.key))),
        table_(member.value, kInputKeys, where_, member.value.span, diagnostics) {
    input_.name = member.key;
    input_.span = member.key_span;
  }

  InputSpec read() {
    input_.type = table_.text_or("type", "string");
    input_.required = table_.boolean_or("required", false);
    input_.description = table_.text_or("description", "");
    read_pattern();
    read_choices();
    read_default();
    if (!table_.wrong().empty()) input_.is_broken = true;
    return std::move(input_);
  }

 private:
  void read_pattern() {
    const Member* member = table_.find("pattern");
    if (member == nullptr) return;
    const std::string& text = *member->value.text();
    if (input_.type != "string") {
      complain("input.pattern_type", member->key_span,
               fmt::format("`pattern` in {} is for strings only", where_), "");
    } else if (const Pattern pattern(text); !pattern.is_valid()) {
      complain("input.pattern", member->value.span,
               fmt::format("the pattern of {} is not valid", where_), pattern.problem());
    } else {
      input_.pattern = text;
    }
  }

  void read_choices() {
    const Member* member = table_.find("choices");
    if (member == nullptr || table_.wrong().count("type") != 0) return;
    bool are_right = true;
    for (const Node& node : *member->value.items()) {
      if (const auto choice = scalar_of_type(node, input_, "a choice of " + where_, diagnostics_)) {
        input_.choices.push_back(*choice);
      } else {
        are_right = false;
      }
    }
    if (!are_right) {
      input_.is_broken = true;
      input_.choices.clear();
    }
    if (member->value.items()->empty()) {
      complain("input.no_choices", member->value.span,
               fmt::format("`choices` of {} are empty", where_),
               "list the values that are right, or leave it out");
    }
  }

  void read_default() {
    const Member* member = table_.find("default");
    if (member == nullptr) return;
    const Node& node = member->value;
    if (input_.required) {
      complain("input.unused_default", member->key_span,
               fmt::format("{} is required, so its default is never used", where_),
               "leave one of them out");
    }
    if (table_.wrong().count("type") != 0) return;
    input_.fallback = read_value(node, input_, "the default of " + where_, diagnostics_);
    if (!input_.fallback) input_.is_broken = true;
  }

  void complain(const char* code, const Span& span, std::string text, std::string hint) {
    input_.is_broken = true;
    diagnostics_.push_back({code, span, std::move(text), std::move(hint)});
  }

  Diagnostics& diagnostics_;
  std::string where_;
  TableReader table_;
  InputSpec input_;
};

}  // namespace

std::optional<Value> read_value(const Node& node, const InputSpec& input, const std::string& what,
                                Diagnostics& diagnostics) {
  auto value = scalar_of_type(node, input, what, diagnostics);
  if (!value) return std::nullopt;
  const auto& choices = input.choices;
  if (!choices.empty() && std::find(choices.begin(), choices.end(), *value) == choices.end()) {
    diagnostics.push_back(
        {"input.value_choice", node.span, fmt::format("{} is none of its choices", what), ""});
    return std::nullopt;
  }
  if (!input.pattern.empty() && !Pattern(input.pattern).is_found_in(*node.text())) {
    diagnostics.push_back(
        {"input.value_pattern", node.span, fmt::format("{} does not match its pattern", what), ""});
    return std::nullopt;
  }
  return value;
}

InputSpec read_input(const Member& member, Diagnostics& diagnostics) {
  if (!is_input_name(member.key)) {
    diagnostics.push_back({"input.name", member.key_span,
                           fmt::format("`{}` cannot name an input", printable(member.key)),
                           "a letter, then letters, digits, _ and -; at most 64 characters"});
  }
  if (member.value.members() == nullptr) {
    diagnostics.push_back({"input.table", member.value.span,
                           fmt::format("input `{}` must be a table; this is {}",
                                       printable(member.key), member.value.describe()),
                           fmt::format("write [inputs.{}]", printable(member.key))});
    return {member.key, member.key_span, "string", false, {}, "", {}, "", true};
  }
  return InputReader(member, diagnostics).read();
}

}  // namespace stagerun
