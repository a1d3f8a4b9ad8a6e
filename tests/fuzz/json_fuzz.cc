// JSON: what is read can be written, and is then the same.
#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/text.h"
#include "tests/fuzz/fuzz.h"

using namespace stagerun;

namespace {

std::size_t depth_of(const Value& value) {
  std::size_t depth = 0;
  if (const auto* items = value.items()) {
    for (const Value& item : *items) depth = std::max(depth, depth_of(item));
    return depth + 1;
  }
  if (const auto* members = value.members()) {
    for (const auto& [key, member] : *members) depth = std::max(depth, depth_of(member));
    return depth + 1;
  }
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::view(data, size);
  const auto value = parse_json(text);
  if (!value) {
    MUST(value.error().code == ErrorCode::corrupt && !value.error().text.empty());
    // As a string it can be written all the same, whatever its bytes.
    MUST(parse_json(render_json(Value(text))).has_value());
    return 0;
  }
  MUST(is_utf8(text));
  MUST(depth_of(*value) <= limits::kDepth);
  const std::string line = render_json(*value);
  MUST(line.find('\n') == std::string::npos && is_utf8(line));
  const auto again = parse_json(line);
  MUST(again.has_value() && *again == *value);
  MUST(render_json(*again) == line);
  const auto pretty = parse_json(render_json_pretty(*value));
  MUST(pretty.has_value() && *pretty == *value);
  return 0;
}
