#include "core/config/template.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.h"

namespace stagerun {
namespace {

constexpr std::string_view kOpen = "${{";
constexpr std::string_view kClose = "}}";
constexpr std::string_view kForms = "write ${{ inputs.NAME }} or ${{ stages.NAME.outputs.NAME }}";

// Where the text between the quotes begins in the file, if the file has it word for word.
std::optional<std::size_t> verbatim_offset(const std::string& text, const Span& place,
                                           const Lines& lines) {
  const std::string_view file = lines.text();
  std::size_t begin = lines.offset_of(place);
  const std::string_view at = file.substr(begin);
  const bool is_long = at.starts_with("\"\"\"") || at.starts_with("'''");
  begin += is_long ? 3 : 1;
  // The newline right after three quotes is not part of the string.
  if (is_long && file.substr(std::min(begin, file.size())).starts_with("\r")) ++begin;
  if (is_long && file.substr(std::min(begin, file.size())).starts_with("\n")) ++begin;
  if (begin > file.size() || !file.substr(begin).starts_with(text)) return std::nullopt;
  return begin;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

bool is_word(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

// The words between the dots; empty where something else stands there.
std::vector<std::string> words_of(std::string_view path) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    if (!is_word(path.substr(0, dot))) return {};
    words.emplace_back(path.substr(0, dot));
    if (dot == path.size()) return words;
    path.remove_prefix(dot + 1);
  }
}

// Empty where the path is one.
Diagnostic problem_with(std::string_view expression, const std::vector<std::string>& path) {
  if (expression.empty()) return {{}, "an expression is empty", std::string(kForms)};
  const std::string shown = printable(expression.substr(0, 80));
  if (path.empty()) {
    return {{}, fmt::format("`{}` is not a reference", shown), std::string(kForms)};
  }
  if (path[0] != "inputs" && path[0] != "stages") {
    const auto near = nearest(path[0], {"inputs", "stages"});
    return {{},
            fmt::format("an expression cannot refer to `{}`", shown),
            near ? fmt::format("did you mean `{}`?", *near) : std::string(kForms)};
  }
  const bool is_input = path[0] == "inputs" && path.size() == 2;
  const bool is_output = path[0] == "stages" && path.size() == 4 && path[2] == "outputs";
  if (is_input || is_output) return {};
  return {{}, fmt::format("`{}` is not a reference", shown), std::string(kForms)};
}

class Parser {
 public:
  Parser(const std::string& text, const Span& place, const Lines& lines, Diagnostics& diagnostics)
      : text_(text),
        place_(place),
        lines_(lines),
        diagnostics_(diagnostics),
        begin_(verbatim_offset(text, place, lines)) {}

  Template parse() {
    std::size_t at = 0;
    while (at < text_.size()) {
      const std::size_t open = std::min(text_.find(kOpen, at), text_.size());
      if (open > at) parts_.parts.push_back({text_.substr(at, open - at), std::nullopt});
      at = open < text_.size() ? read_expression(open) : open;
    }
    return std::move(parts_);
  }

 private:
  // Gives where to read on.
  std::size_t read_expression(std::size_t open) {
    const std::size_t close = text_.find(kClose, open);
    if (close == std::string::npos) {
      diagnostics_.push_back(
          {span(open, text_.size()), "`${{` is not closed", "add `}}` after the expression"});
      return text_.size();
    }
    const std::size_t end = close + kClose.size();
    const std::size_t inside = open + kOpen.size();
    const auto expression = trim(std::string_view(text_).substr(inside, close - inside));
    std::vector<std::string> path = words_of(expression);
    Diagnostic problem = problem_with(expression, path);
    problem.span = span(open, end);
    if (problem.text.empty()) {
      Expression::Node node;
      node.kind = Expression::Kind::reference;
      node.reference = {std::move(path), problem.span};
      node.span = problem.span;
      parts_.parts.push_back({"", Expression{{std::move(node)}, problem.span}});
    } else {
      diagnostics_.push_back(std::move(problem));
    }
    return end;
  }

  Span span(std::size_t begin, std::size_t end) const {
    return begin_ ? lines_.span(*begin_ + begin, *begin_ + end) : place_;
  }

  const std::string& text_;
  const Span& place_;
  const Lines& lines_;
  Diagnostics& diagnostics_;
  std::optional<std::size_t> begin_;
  Template parts_;
};

}  // namespace

std::optional<Template> parse_template(const std::string& text, const Span& place,
                                       const Lines& lines, Diagnostics& diagnostics) {
  if (text.find(kOpen) == std::string::npos) return std::nullopt;
  return Parser(text, place, lines, diagnostics).parse();
}

}  // namespace stagerun
