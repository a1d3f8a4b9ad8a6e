// What a worker says of its plugin: refused with a reason, or a plugin with names and stages.
#include "core/link/describe.h"
#include "tests/fuzz/fuzz.h"

using namespace stagerun;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto info = parse_plugin_info(fuzz::view(data, size));
  if (!info) {
    MUST(info.error().code == ErrorCode::plugin && !info.error().text.empty());
    return 0;
  }
  MUST(!info->name.empty() && !info->stages.empty());
  MUST(info->path.empty() && info->digest.empty());
  for (const StageInfo& stage : info->stages) MUST(!stage.name.empty());
  return 0;
}
