#include "core/run/outputs.h"

#include <fmt/format.h>

namespace stagerun {

std::optional<std::string> output_problem(const Value& schema, const std::string& name,
                                          const Value& value) {
  const Value* properties = schema.find("properties");
  const Value* declared = properties != nullptr ? properties->find(name) : nullptr;
  if (declared == nullptr) return fmt::format("the output `{}` was not declared", name);
  const std::string wanted = declared->text_or("type");
  const std::string_view got = value.type_name();
  const bool fits = wanted.empty() || wanted == got || (wanted == "number" && got == "integer");
  if (fits) return std::nullopt;
  return fmt::format("the output `{}` is declared as {} and was set to a value of type {}", name,
                     wanted, got);
}

}  // namespace stagerun
