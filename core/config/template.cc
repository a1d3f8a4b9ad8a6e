#include "core/config/template.h"

#include <algorithm>
#include <string_view>

#include "core/base/limits.h"
#include "core/config/parse_expression.h"

namespace stagerun {
namespace {

constexpr std::string_view kOpen = "${{";
constexpr std::string_view kClose = "}}";

// Where the expression that begins at `at` is closed: not inside of its quotes, unless one of them
// has no end. Past the longest expression quotes mean nothing, so that this takes little time.
std::size_t find_close(const std::string& text, std::size_t at) {
  bool quoted = false;
  const std::size_t end = std::min(text.size(), at + limits::kExpressionBytes);
  for (std::size_t i = at; i < end; ++i) {
    if (text[i] == '\'') quoted = !quoted;
    if (!quoted && std::string_view(text).substr(i).starts_with(kClose)) return i;
  }
  return text.find(kClose, at);
}

}  // namespace

std::optional<Template> parse_template(const std::string& text, const Span& place,
                                       const Lines& lines, Diagnostics& diagnostics) {
  if (text.find(kOpen) == std::string::npos) return std::nullopt;
  const TextPlace within(text, place, lines);
  Template result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t open = std::min(text.find(kOpen, at), text.size());
    if (open > at) result.parts.push_back({text.substr(at, open - at), std::nullopt});
    if (open == text.size()) break;
    const std::size_t inside = open + kOpen.size();
    const std::size_t close = find_close(text, inside);
    if (close == std::string::npos) {
      const Span span = within.span(open, text.size());
      diagnostics.push_back(
          {"expression.unclosed", span, "`${{` is not closed", "add `}}` after the expression"});
      result.parts.push_back({"", Expression{{}, span}});
      break;
    }
    result.parts.push_back({"", parse_expression(text, inside, close, within, false, diagnostics)});
    at = close + kClose.size();
    result.parts.back().expression->span = within.span(open, at);
  }
  return result;
}

Expression parse_condition(const std::string& text, const Span& place, const Lines& lines,
                           Diagnostics& diagnostics) {
  const TextPlace within(text, place, lines);
  if (const std::size_t open = text.find(kOpen); open != std::string::npos) {
    const Span span = within.span(open, open + kOpen.size());
    diagnostics.push_back(
        {"expression.in_if", span, "`if` is an expression already", "write it without ${{ and }}"});
    return {{}, span};
  }
  return parse_expression(text, 0, text.size(), within, true, diagnostics);
}

}  // namespace stagerun
