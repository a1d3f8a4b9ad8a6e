// What a plugin's manifest (docs/abi.md) means for one configuration. Pure. A manifest with
// problems grants nothing by what is wrong in it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/value.h"
#include "core/model/outcome.h"
#include "core/model/plan.h"
#include "core/model/plugin_info.h"

namespace stagerun {

// Stands in Grants::hosts where a manifest names hosts but the configuration holds none of them: an
// empty list would mean any. It is no host.
inline constexpr const char* kNoHost = ":0";

// The stage's own flags and those that `flags` adds for `with`.
std::uint32_t effective_flags(const StageInfo& stage, const Value& with);

// True where the answer of this verb depends on nothing but the configuration.
bool is_pure(const StageInfo& stage, Verb verb);

// True where an apply that ended well is to be verified.
bool verifies_good_apply(const StageInfo& stage, const Value& with);

// `with` with its expressions resolved.
Grants grants(const StageInfo& stage, const Value& with);

// The type of an output under `outputs_from`: what stands there, or its `type`, "string" where it
// is an object without one. Nothing where it is no such type.
std::optional<std::string> output_type(const Value& declared);

// A JSON Schema of the outputs: an object with `properties`.
Value outputs_schema(const StageInfo& stage, const Value& with);

// A place in `with` that `if` or `has` asks about.
struct DecisivePlace {
  std::string pointer;
  bool by_value = false;  // `if`: what stands there decides; else only whether anything does
};

std::vector<DecisivePlace> decisive_places(const Value& manifest);

// What is wrong with its form, in words; none where `manifest` is null.
std::vector<std::string> manifest_problems(const Value& manifest);

}  // namespace stagerun
