#include "core/base/diagnostic.h"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (std::uint32_t line = 1; line < number; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

// One of each character: what is left when the bytes that continue one (UTF-8) are taken away.
std::string one_a_character(std::string_view text) {
  std::string marks(text);
  std::erase_if(marks, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; });
  return marks;
}

// Tabs stay tabs, so that the caret stands under what it means at any tab width.
std::string indent_below(std::string_view line, std::size_t before) {
  std::string indent = one_a_character(line.substr(0, before));
  std::replace_if(
      indent.begin(), indent.end(), [](char c) { return c != '\t'; }, ' ');
  return indent;
}

// As much of a line as is shown: all of it, or what is around the place. What could move a
// terminal's cursor is shown as '?', byte for byte, so that columns stay true.
struct Excerpt {
  std::string line;
  std::size_t before = 0;  // bytes in front of the place
};

Excerpt excerpt_of(std::string_view line, std::uint32_t column) {
  std::size_t before = std::min<std::size_t>(std::max(column, 1u) - 1, line.size());
  if (line.size() > limits::kExcerptBytes) {
    const std::size_t begin = before - std::min(before, limits::kExcerptBytes / 4);
    line = line.substr(begin, limits::kExcerptBytes);
    before -= begin;
  }
  Excerpt excerpt{std::string(line), before};
  std::replace_if(
      excerpt.line.begin(), excerpt.line.end(),
      [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; }, '?');
  return excerpt;
}

void sort(Diagnostics& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [](const auto& a, const auto& b) {
    return std::tie(a.span.line, a.span.column) < std::tie(b.span.line, b.span.column);
  });
}

}  // namespace

std::string render(const Diagnostic& diagnostic, const Source& source) {
  const Span span = diagnostic.span;
  const std::string hint = printable(diagnostic.hint);
  std::string out = fmt::format("error: {}\n", printable(diagnostic.text));
  if (span.line == 0) {
    out += fmt::format(" --> {}\n", source.path);
    if (!hint.empty()) out += fmt::format("  = {}\n", hint);
    return out;
  }
  const Excerpt excerpt = excerpt_of(line_of(source.text, span.line), span.column);
  const std::string number = std::to_string(span.line);
  const std::string under = one_a_character(excerpt.line.substr(excerpt.before, span.length));
  const std::size_t carets = std::max<std::size_t>(under.size(), 1);
  out += fmt::format(" --> {}:{}:{}\n", source.path, span.line, span.column);
  out += fmt::format(" {} | {}\n", number, excerpt.line);
  out += fmt::format(" {} | {}{}", std::string(number.size(), ' '),
                     indent_below(excerpt.line, excerpt.before), std::string(carets, '^'));
  if (!hint.empty()) out += " " + hint;
  return out + "\n";
}

std::string render(Diagnostics diagnostics, const Source& source) {
  sort(diagnostics);
  const std::size_t shown = std::min(diagnostics.size(), limits::kDiagnostics);
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) out += render(diagnostics[i], source) + "\n";
  const std::size_t count = diagnostics.size();
  out += fmt::format("{} problem{} in {}{}\n", count, count == 1 ? "" : "s", source.path,
                     shown < count ? fmt::format("; the first {} are shown", shown) : "");
  return out;
}

Value to_value(Diagnostics diagnostics, const Source& source) {
  sort(diagnostics);
  Value problems = Value::array();
  for (const Diagnostic& found : diagnostics) {
    if (problems.items()->size() == limits::kDiagnostics) break;
    Value problem;
    problem.set("code", found.code)
        .set("line", found.span.line)
        .set("column", found.span.column)
        .set("length", found.span.length)
        .set("text", printable(found.text))
        .set("hint", printable(found.hint));
    problems.push(std::move(problem));
  }
  return Value::object()
      .set("file", source.path)
      .set("count", static_cast<std::int64_t>(diagnostics.size()))
      .set("problems", std::move(problems));
}

}  // namespace stagerun
