// A file of settings: the first line is the name that is looked for, the rest is the file.
#include <algorithm>

#include "core/broker/dotenv.h"
#include "tests/fuzz/fuzz.h"

using namespace stagerun;

namespace {

// What could stand before a `=` and be nothing else.
bool is_plain(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  });
}

std::string in_double_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '$') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string found(std::string_view text, std::string_view name) {
  const auto value = find_in_dotenv(text, name);
  MUST(value.has_value() && value->has_value());
  return **value;
}

// Any text can be written as a value, and is read as what it was.
void must_come_back(std::string_view text) {
  MUST(found("A=" + in_double_quotes(text) + " # why\n", "A") == text);
  if (text.find('\'') == text.npos)
    MUST(found("export A='" + std::string(text) + "'", "A") == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::view(data, size);
  const std::string_view name = input.substr(0, input.find('\n'));
  const std::string text(input.substr(std::min(name.size() + 1, input.size())));
  must_come_back(text);
  const auto value = find_in_dotenv(text, name);
  // Whether it can be read does not depend on who asks.
  MUST(find_in_dotenv(text, "").has_value() == value.has_value());
  if (!value) {
    MUST(value.error().code == ErrorCode::usage);
    const std::string line = value.error().text.substr(0, value.error().text.find(':'));
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
    MUST(line.starts_with("line ") && std::stoul(line.substr(5)) <= lines);
    return 0;
  }
  if (*value) {
    MUST((*value)->size() <= text.size());
    MUST(found(text + "\n# " + std::string(name) + "=other\n", name) == **value);
  }
  // Of several the last counts.
  if (is_plain(name)) MUST(found(text + "\n" + std::string(name) + " = last\n", name) == "last");
  return 0;
}
