#include "core/worker/context.h"

namespace stagerun {
namespace {

const Value* member(const Value* value, std::string_view name) {
  return value != nullptr && !name.empty() ? value->find(name) : nullptr;
}

// Takes `prefix` off the front, if it is there.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

const Value* find_in_context(const Value& context, std::string_view key) {
  if (take(key, "inputs.")) return member(context.find("inputs"), key);
  if (!take(key, "stages.")) return nullptr;
  const std::size_t stage_end = key.find('.');
  if (stage_end == std::string_view::npos) return nullptr;
  const Value* stage = member(context.find("stages"), key.substr(0, stage_end));
  key.remove_prefix(stage_end);
  if (!take(key, ".outputs.")) return nullptr;
  return member(member(stage, "outputs"), key);
}

}  // namespace stagerun
