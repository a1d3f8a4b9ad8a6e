#include "core/journal/record.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/model/event_value.h"

namespace stagerun::journal {

std::string encode_record(const RunEvent& event, std::uint64_t sequence, std::string& crc) {
  const std::string json = event_to_json(event);
  // The checksum goes over the one before it, in whose place it then stands.
  std::string record = fmt::format("{} {} {} ", crc, json.size(), sequence);
  record += json;
  const std::size_t before = crc.size();
  crc = fmt::format("{:08x}", crc32c(record));
  return record.replace(0, before, crc) += '\n';
}

Result<RunEvent> decode_event(std::string_view json) {
  TRY_ASSIGN(const Value record, parse_json(json));
  return event_from_value(record);
}

}  // namespace stagerun::journal
