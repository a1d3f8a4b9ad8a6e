#include "core/report/xml.h"

#include "core/base/text.h"

namespace stagerun {
namespace {

constexpr std::string_view kFffe = "\xEF\xBF\xBE";
constexpr std::string_view kFfff = "\xEF\xBF\xBF";

// Line ends are kept, as characters: an attribute would lose them otherwise.
std::string keep_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += printable(text.substr(0, end));
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::string to_xml(std::string_view text) {
  const std::string visible = keep_lines(text);
  std::string out;
  out.reserve(visible.size());
  for (std::size_t i = 0; i < visible.size(); ++i) {
    const std::string_view three = std::string_view(visible).substr(i, 3);
    const char c = visible[i];
    if (three == kFffe || three == kFfff) {
      out += "\xEF\xBF\xBD";
      i += 2;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\n') {
      out += "&#10;";
    } else if (c == '\t') {
      out += "&#9;";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace stagerun
