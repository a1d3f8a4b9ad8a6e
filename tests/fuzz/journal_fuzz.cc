// A journal, from bytes as they are, or from one event's JSON a line, of which this makes a journal
// whose checksums are right.
#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/journal/reader.h"
#include "core/journal/record.h"
#include "core/model/event_value.h"
#include "tests/fuzz/fuzz.h"

using namespace stagerun;

namespace {

std::string framed(std::string_view lines) {
  std::string bytes(journal::kHeader);
  std::string crc(journal::kFirstCrc);
  std::uint64_t sequence = 0;
  for (const std::string_view json : fuzz::split(lines, '\n')) {
    const std::string rest = fmt::format("{} {} {}", json.size(), ++sequence, json);
    crc = fmt::format("{:08x}", crc32c(crc + " " + rest));
    bytes += crc + " " + rest + "\n";
  }
  return bytes;
}

std::vector<std::string> as_json(const std::vector<RunEvent>& events) {
  std::vector<std::string> list;
  for (const RunEvent& event : events) list.push_back(event_to_json(event));
  return list;
}

// Written anew it is the same events.
void must_round_trip(const journal::Contents& contents) {
  std::string bytes(journal::kHeader);
  std::string crc(journal::kFirstCrc);
  std::uint64_t sequence = 0;
  for (const RunEvent& event : contents.events) {
    bytes += journal::encode_record(event, ++sequence, crc);
  }
  MUST(sequence == contents.sequence);
  const auto again = journal::parse_journal(bytes);
  MUST(again.has_value() && again->bytes == bytes.size() && again->crc == crc);
  MUST(as_json(again->events) == as_json(contents.events));
}

// Cut anywhere, as a crash may, it is read up to the last whole record.
void must_be_read_when_cut(std::string_view bytes, const journal::Contents& contents,
                           std::size_t cut) {
  const auto cut_short = journal::parse_journal(bytes.substr(0, cut));
  MUST(cut_short.has_value());
  MUST(cut_short->bytes <= cut && cut_short->events.size() <= contents.events.size());
  auto expected = as_json(contents.events);
  expected.resize(cut_short->events.size());
  MUST(as_json(cut_short->events) == expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::view(data, size);
  const std::string bytes = input.starts_with("stagerun") ? std::string(input) : framed(input);
  const auto contents = journal::parse_journal(bytes);
  if (!contents) {
    MUST(contents.error().code == ErrorCode::corrupt && !contents.error().text.empty());
    return 0;
  }
  MUST(contents->bytes <= bytes.size() && contents->sequence == contents->events.size());
  must_round_trip(*contents);
  const std::size_t whole = contents->bytes;
  must_be_read_when_cut(bytes, *contents, whole);
  must_be_read_when_cut(bytes, *contents, whole - std::min<std::size_t>(whole, 1));
  must_be_read_when_cut(bytes, *contents, fuzz::seed_of(bytes) % (whole + 1));
  return 0;
}
