#include "core/link/describe.h"

#include <utility>

#include "core/base/json.h"

namespace stagerun {
namespace {

Error bad(const std::string& what) {
  return Error{ErrorCode::plugin, "the plugin's description has " + what, "rebuild the plugin"};
}

Result<StageInfo> parse_stage(const Value& value) {
  StageInfo stage;
  stage.name = value.text_or("name");
  stage.summary = value.text_or("summary");
  stage.flags = static_cast<std::uint32_t>(value.integer_or("flags", 0));
  for (const auto& [name, place] :
       {std::pair{"schema", &stage.schema}, std::pair{"outputs", &stage.outputs},
        std::pair{"manifest", &stage.manifest}}) {
    if (const Value* document = value.find(name)) *place = *document;
  }
  const Value* verbs = value.find("verbs");
  if (stage.name.empty()) return bad("a stage without a name");
  if (verbs == nullptr || verbs->items() == nullptr) return bad("a stage without verbs");
  for (const Value& name : *verbs->items()) {
    const auto verb = name.text() != nullptr ? from_string<Verb>(*name.text()) : std::nullopt;
    if (!verb) return bad("an unknown verb");
    stage.has_verb[static_cast<std::uint32_t>(*verb)] = true;
  }
  return stage;
}

}  // namespace

Result<PluginInfo> parse_plugin_info(std::string_view json) {
  auto parsed = parse_json(json);
  if (!parsed) return bad("no JSON");
  PluginInfo info;
  info.name = parsed->text_or("name");
  info.version = parsed->text_or("version");
  info.abi_major = static_cast<int>(parsed->integer_or("abi_major", 0));
  info.abi_minor = static_cast<int>(parsed->integer_or("abi_minor", 0));
  const Value* stages = parsed->find("stages");
  if (info.name.empty()) return bad("no name");
  if (stages == nullptr || stages->items() == nullptr || stages->items()->empty()) {
    return bad("no stages");
  }
  for (const Value& value : *stages->items()) {
    TRY_ASSIGN(StageInfo stage, parse_stage(value));
    info.stages.push_back(std::move(stage));
  }
  return info;
}

}  // namespace stagerun
