// What the references of a pipeline may come to. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/value.h"
#include "core/model/expression.h"
#include "core/model/pipeline.h"

namespace stagerun {

class ReferenceTypes {
 public:
  // `pipeline` must outlive this.
  ReferenceTypes(const Pipeline& pipeline, const Value& inputs);

  // The JSON Schema of a stage's outputs, by the stage's place in the file.
  void know_outputs(std::size_t stage, const Value& schema);

  // Anything where nothing is known of it.
  Types of(const Reference& reference) const;

 private:
  std::unordered_map<std::string, Types> inputs_;
  std::unordered_map<std::string, std::size_t> stages_;
  std::vector<std::unordered_map<std::string, Types>> outputs_;
};

}  // namespace stagerun
