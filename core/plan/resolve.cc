#include "core/plan/resolve.h"

#include "core/base/json.h"

namespace stagerun {
namespace {

const Value* look_up(const Reference& reference, const Value& context) {
  const Value* place = &context;
  for (const std::string& word : reference.path) {
    place = place->find(word);
    if (place == nullptr) return nullptr;
  }
  return place;
}

std::string as_text(const Value& value) {
  return value.text() != nullptr ? *value.text() : render_json(value);
}

std::string interpolate(const Template& text, const Value& context) {
  std::string out;
  for (const Template::Part& part : text.parts) {
    const Reference* reference = part.expression ? part.expression->whole_reference() : nullptr;
    out += reference != nullptr ? as_text(*look_up(*reference, context)) : part.literal;
  }
  return out;
}

}  // namespace

Resolved resolve(const StageSpec& stage, const Value& context) {
  Resolved resolved;
  resolved.with = stage.with;
  for (const auto& [pointer, text] : stage.templates) {
    const std::size_t before = resolved.missing.size();
    for (const Template::Part& part : text.parts) {
      const Reference* reference = part.expression ? part.expression->whole_reference() : nullptr;
      const bool is_missing = reference != nullptr && look_up(*reference, context) == nullptr;
      if (is_missing) resolved.missing.push_back(*reference);
    }
    Value* place = resolved.with.at(pointer);
    if (place == nullptr) continue;
    if (resolved.missing.size() > before) {
      resolved.pointers.push_back(pointer);
    } else if (text.is_whole_expression()) {
      *place = *look_up(*text.parts[0].expression->whole_reference(), context);
    } else {
      *place = interpolate(text, context);
    }
  }
  return resolved;
}

}  // namespace stagerun
