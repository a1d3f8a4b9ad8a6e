#include "core/journal/record.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/model/event_value.h"

namespace stagerun::journal {

std::string encode_record(const RunEvent& event, std::uint64_t sequence, std::string& crc) {
  const std::string json = render_json(event_to_value(event));
  const std::string rest = fmt::format("{} {} {}", json.size(), sequence, json);
  crc = fmt::format("{:08x}", crc32c(crc + " " + rest));
  return crc + " " + rest + "\n";
}

Result<RunEvent> decode_event(std::string_view json) {
  TRY_ASSIGN(const Value record, parse_json(json));
  return event_from_value(record);
}

}  // namespace stagerun::journal
