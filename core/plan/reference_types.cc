#include "core/plan/reference_types.h"

#include "core/plan/schema_values.h"

namespace stagerun {
namespace {

Types or_null(Types types) { return static_cast<Types>(types | type_null); }

}  // namespace

ReferenceTypes::ReferenceTypes(const Pipeline& pipeline, const Value& inputs)
    : outputs_(pipeline.stages.size()) {
  for (const InputSpec& input : pipeline.inputs) {
    if (input.is_broken) continue;
    const bool has_value = input.required || input.fallback || inputs.find(input.name) != nullptr;
    const Types own = type_named(input.type);
    inputs_[input.name] = has_value ? own : or_null(own);
  }
  for (const StageSpec& stage : pipeline.stages) stages_.emplace(stage.name, stages_.size());
}

void ReferenceTypes::know_outputs(std::size_t stage, const Value& schema) {
  const Value* properties = schema.find("properties");
  if (properties == nullptr || properties->members() == nullptr) return;
  for (const auto& [name, each] : *properties->members()) {
    outputs_[stage][name] = types_in(each);
  }
}

Types ReferenceTypes::of(const Reference& reference) const {
  const std::string& root = reference.path[0];
  if (root == "inputs") {
    const auto input = inputs_.find(reference.path[1]);
    return input == inputs_.end() ? Types{type_any} : input->second;
  }
  if (root == "stages") {
    const auto stage = stages_.find(reference.path[1]);
    if (stage == stages_.end()) return type_any;
    const auto& outputs = outputs_[stage->second];
    const auto output = outputs.find(reference.path[3]);
    // A stage may end without having set one.
    return output == outputs.end() ? Types{type_any} : or_null(output->second);
  }
  if (root == "git") return or_null(reference.path[1] == "dirty" ? type_boolean : type_string);
  if (root == "env") return or_null(type_string);
  if (root == "runs") return type_any;
  return type_string;  // environment, run, secrets
}

}  // namespace stagerun
