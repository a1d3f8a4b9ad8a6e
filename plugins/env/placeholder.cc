#include "placeholder.h"

#include <cctype>

namespace env {
namespace {

// Each letter in both cases; `~` is an optional dash, underscore or blank.
std::string in_any_case(const std::string& word) {
  std::string pattern;
  for (const char c : word) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalpha(letter) != 0) {
      pattern += {'[', c, static_cast<char>(std::toupper(letter)), ']'};
    } else {
      pattern += c == '~' ? "[-_ ]?" : std::string(1, c);
    }
  }
  return pattern;
}

std::string any_of(const std::vector<std::string>& words) {
  std::string pattern;
  for (const std::string& word : words) {
    pattern += (pattern.empty() ? "(" : "|") + in_any_case(word);
  }
  return pattern + ")";
}

}  // namespace

std::vector<std::string> placeholder_patterns() {
  const std::string begin = "(^|[^A-Za-z0-9])";
  const std::string end = "($|[^A-Za-z0-9])";
  return {
      "^[ \\t]*$",
      begin + any_of({"change~me", "change~this", "replace~me", "replace~this", "fill~me",
                      "fill~in", "insert~here", "placeholder"}),
      begin + any_of({"your"}) + "[-_ ]",
      "^" +
          any_of({("to"
                   "do"),
                  "tbd",
                  ("fix"
                   "me"),
                  "none", "null", "nil", "undefined", "example", "secret", "password", "dummy",
                  "sample", "test"}) +
          "$",
      begin + "([xX]{3,}|[*]{3,})" + end,
      "<[A-Za-z][A-Za-z0-9_ -]*>",
      "([.]{3}|\xE2\x80\xA6)$",
      "[$][{]|[{][{]",
  };
}

}  // namespace env
