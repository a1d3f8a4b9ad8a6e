// A string with `${{ }}` in it, alone in its file.
#include "core/config/template.h"
#include "tests/fuzz/expression_rules.h"
#include "tests/fuzz/fuzz.h"

using namespace stagerun;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::view(data, size));
  const Source source{"p.toml", '"' + text + '"'};
  const Lines lines(source.text);
  Diagnostics diagnostics;
  const auto parsed = parse_template(text, lines.span(0, source.text.size()), lines, diagnostics);
  fuzz::must_be_good(diagnostics, source);
  const bool has_expression = text.find("${{") != std::string::npos;
  MUST(parsed.has_value() || !has_expression || !diagnostics.empty());
  if (!parsed || !diagnostics.empty()) return 0;
  MUST(has_expression);
  std::size_t at = 0;  // in the text: literals stand in it in their order, expressions between
  for (const Template::Part& part : parsed->parts) {
    if (part.expression) {
      fuzz::must_be_complete(*part.expression, source.text);
      MUST(std::string_view(text).substr(at).starts_with("${{"));
      at += 3;
    } else {
      MUST(!part.literal.empty());
      const std::size_t found = text.find(part.literal, at);
      MUST(found != std::string::npos);
      at = found + part.literal.size();
    }
    if (!part.expression) continue;
    // Its end: an expression never holds one of its own outside quotes, so the next `}}` or a
    // later.
    at = text.find("}}", at);
    MUST(at != std::string::npos);
    at += 2;
  }
  return 0;
}
