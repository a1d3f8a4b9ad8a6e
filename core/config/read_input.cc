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
    return std::move(input_);
  }

 private:
  void read_pattern() {
    const Member* member = table_.find("pattern");
    if (member == nullptr) return;
    const std::string& text = *member->value.text();
    if (input_.type != "string") {
      complain(member->key_span, fmt::format("`pattern` in {} is for strings only", where_), "");
    } else if (const Pattern pattern(text); !pattern.is_valid()) {
      complain(member->value.span, fmt::format("the pattern of {} is not valid", where_),
               pattern.problem());
    } else {
      input_.pattern = text;
    }
  }

  void read_choices() {
    const Member* member = table_.find("choices");
    if (member == nullptr) return;
    for (const Node& node : *member->value.items()) {
      if (is_of_type(node, "a choice")) input_.choices.push_back(scalar(node));
    }
    if (member->value.items()->empty()) {
      complain(member->value.span, fmt::format("`choices` of {} are empty", where_),
               "list the values that are right, or leave it out");
    }
  }

  void read_default() {
    const Member* member = table_.find("default");
    if (member == nullptr) return;
    const Node& node = member->value;
    if (input_.required) {
      complain(member->key_span,
               fmt::format("{} is required, so its default is never used", where_),
               "leave one of them out");
    }
    if (!is_of_type(node, "the default")) return;
    input_.fallback = scalar(node);
    const auto& choices = input_.choices;
    if (!choices.empty() &&
        std::find(choices.begin(), choices.end(), *input_.fallback) == choices.end()) {
      complain(node.span, fmt::format("the default of {} is none of its choices", where_), "");
    }
    if (!input_.pattern.empty() && !Pattern(input_.pattern).is_found_in(*node.text())) {
      complain(node.span, fmt::format("the default of {} does not match its pattern", where_), "");
    }
  }

  bool is_of_type(const Node& node, const char* what) {
    const Value value = scalar(node);
    if (value.type_name() == input_.type) return true;
    complain(node.span,
             fmt::format("{} of {} must be of type {}; this is {}", what, where_, input_.type,
                         node.describe()),
             "");
    return false;
  }

  void complain(const Span& span, std::string text, std::string hint) {
    diagnostics_.push_back({span, std::move(text), std::move(hint)});
  }

  Diagnostics& diagnostics_;
  std::string where_;
  TableReader table_;
  InputSpec input_;
};

}  // namespace

InputSpec read_input(const Member& member, Diagnostics& diagnostics) {
  if (!is_input_name(member.key)) {
    diagnostics.push_back({member.key_span,
                           fmt::format("`{}` cannot name an input", printable(member.key)),
                           "a letter, then letters, digits, _ and -; at most 64 characters"});
  }
  if (member.value.members() == nullptr) {
    diagnostics.push_back({member.value.span,
                           fmt::format("input `{}` must be a table; this is {}",
                                       printable(member.key), member.value.describe()),
                           fmt::format("write [inputs.{}]", printable(member.key))});
    return {member.key, member.key_span, "string", false, {}, "", {}, ""};
  }
  return InputReader(member, diagnostics).read();
}

}  // namespace stagerun
