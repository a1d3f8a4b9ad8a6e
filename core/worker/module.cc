#include "core/worker/module.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/limits.h"
#include "core/base/text.h"

namespace stagerun {
namespace {

// The tables as ABI 1.0 had them: nothing shorter was ever built.
constexpr std::size_t kModuleSize = offsetof(sr_module, stages) + sizeof(sr_module::stages);
constexpr std::size_t kStageSize = offsetof(sr_stage, rollback) + sizeof(sr_stage::rollback);
// A plugin that offers more is a mistake in its count.
constexpr std::size_t kStages = 256;
// A schema is written by people.
constexpr std::size_t kDocumentBytes = 1u << 20;

Refusal broken(const std::string& what) {
  return {"load.module", fmt::format("the plugin's table has {}: rebuild the plugin", what)};
}

// Text of a table: at most so many bytes, UTF-8.
bool is_text(const char* text, std::size_t most) {
  if (text == nullptr) return false;
  const std::size_t size = ::strnlen(text, most + 1);
  return size <= most && is_utf8({text, size});
}

bool is_name(const char* text) {
  if (!is_text(text, limits::kNameBytes) || *text == '\0') return false;
  return std::all_of(text, text + std::strlen(text), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool is_json_object(const char* text) {
  if (!is_text(text, kDocumentBytes)) return false;
  const Result<Value> value = parse_json(text);
  return value && value->members() != nullptr;
}

// Both sides' idea of a table: what both know of it, and zero for the rest.
template <typename Table>
Table copy_known(const Table* raw) {
  Table copy{};
  std::memcpy(&copy, raw, std::min<std::size_t>(raw->size, sizeof copy));
  return copy;
}

std::optional<Refusal> check_abi(const sr_module& table) {
  const bool spoken = table.abi_major == SR_ABI_MAJOR && table.abi_minor <= SR_ABI_MINOR;
  if (spoken) return std::nullopt;
  return Refusal{"load.abi",
                 fmt::format("the plugin needs ABI {}.{}; this stagerun speaks {}.{}: take a newer "
                             "stagerun, or the plugin built for this one",
                             table.abi_major, table.abi_minor, SR_ABI_MAJOR, SR_ABI_MINOR)};
}

std::optional<Refusal> check_stage(const sr_stage& stage) {
  if (!is_name(stage.name)) {
    return broken("a stage without a proper name (a-z, 0-9, - and _, at most 64)");
  }
  const auto broken_here = [&](const char* what) {
    return broken(fmt::format("{} (stage {})", what, stage.name));
  };
  if (stage.summary != nullptr && !is_text(stage.summary, kDocumentBytes)) {
    return broken_here("a summary that is not UTF-8");
  }
  if (!is_json_object(stage.schema)) return broken_here("a schema that is not a JSON object");
  if (stage.outputs != nullptr && !is_json_object(stage.outputs)) {
    return broken_here("outputs that are not a JSON object");
  }
  if (stage.manifest != nullptr && !is_json_object(stage.manifest)) {
    return broken_here("a manifest that is not a JSON object");
  }
  if (stage.apply == nullptr) return broken_here("a stage without apply");
  return std::nullopt;
}

std::optional<Refusal> read_stage(const sr_stage* raw, Module& module) {
  if (raw == nullptr) return broken("a stage that is null");
  if (raw->size < kStageSize) return broken("a stage smaller than ABI 1.0 has it");
  const sr_stage stage = copy_known(raw);
  if (auto refusal = check_stage(stage)) return refusal;
  if (module.find(stage.name) != nullptr) {
    return broken(fmt::format("two stages named {}", stage.name));
  }
  module.stages.push_back(stage);
  return std::nullopt;
}

Value document(const char* text) {
  if (text == nullptr) return {};
  Result<Value> value = parse_json(text);
  return value ? *std::move(value) : Value();
}

Value verbs_of(const sr_stage& stage) {
  Value verbs = Value::array();
  if (stage.validate != nullptr) verbs.push("validate");
  if (stage.plan != nullptr) verbs.push("plan");
  if (stage.apply != nullptr) verbs.push("apply");
  if (stage.verify != nullptr) verbs.push("verify");
  if (stage.rollback != nullptr) verbs.push("rollback");
  return verbs;
}

}  // namespace

const sr_stage* Module::find(std::string_view name) const {
  const auto is_it = [&](const sr_stage& stage) { return name == stage.name; };
  const auto place = std::find_if(stages.begin(), stages.end(), is_it);
  return place != stages.end() ? &*place : nullptr;
}

std::optional<Refusal> read_module(const sr_module* raw, Module& module) {
  if (raw == nullptr) return broken("no content: its entry point returned null");
  if (raw->size < kModuleSize) return broken("a size smaller than ABI 1.0 has it");
  module.table = copy_known(raw);
  if (auto refusal = check_abi(module.table)) return refusal;
  if (!is_name(module.table.name)) {
    return broken("no proper name (a-z, 0-9, - and _, at most 64)");
  }
  if (!is_text(module.table.version, limits::kNameBytes)) return broken("no version");
  if (module.table.stage_count == 0 || module.table.stages == nullptr) return broken("no stages");
  if (module.table.stage_count > kStages) return broken("more than 256 stages");
  for (std::size_t i = 0; i < module.table.stage_count; ++i) {
    if (auto refusal = read_stage(module.table.stages[i], module)) return refusal;
  }
  return std::nullopt;
}

Value describe(const Module& module) {
  Value stages = Value::array();
  for (const sr_stage& stage : module.stages) {
    Value value;
    value.set("name", stage.name)
        .set("summary", stage.summary != nullptr ? stage.summary : "")
        .set("flags", stage.flags)
        .set("schema", document(stage.schema))
        .set("outputs", document(stage.outputs))
        .set("manifest", document(stage.manifest))
        .set("verbs", verbs_of(stage));
    stages.push(std::move(value));
  }
  Value description;
  description.set("name", module.table.name)
      .set("version", module.table.version)
      .set("abi_major", static_cast<int>(module.table.abi_major))
      .set("abi_minor", static_cast<int>(module.table.abi_minor))
      .set("stages", std::move(stages));
  return description;
}

}  // namespace stagerun
