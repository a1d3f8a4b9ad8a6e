#include "core/journal/reader.h"

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <optional>
#include <unistd.h>
#include <variant>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/journal/record.h"

namespace stagerun::journal {
namespace {

constexpr std::size_t kSectorBytes = 512;

Error corrupt(std::size_t at, std::string_view why) {
  return Error{ErrorCode::corrupt, fmt::format("the journal is damaged at byte {}: {}", at, why),
               "restore the file from a copy; do not edit it"};
}

// The parts of a record's line, as far as they can be told apart.
struct Line {
  std::string_view crc;
  std::string_view rest;  // from LENGTH on
  std::string_view json;
  std::uint64_t sequence = 0;
};

template <typename Integer>
std::optional<Integer> take_number(std::string_view& text) {
  Integer number{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop == text.data() + text.size() || *stop != ' ')
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  return number;
}

std::optional<Line> split(std::string_view text) {
  if (text.size() < 9 || text[8] != ' ') return std::nullopt;
  Line line;
  line.crc = text.substr(0, 8);
  line.rest = text.substr(9);
  std::string_view left = line.rest;
  const auto length = take_number<std::size_t>(left);
  const auto sequence = length ? take_number<std::uint64_t>(left) : std::nullopt;
  if (!sequence || left.size() != *length) return std::nullopt;
  line.sequence = *sequence;
  line.json = left;
  return line;
}

bool checks_out(const Line& line, const std::string& crc_before) {
  return fmt::format("{:08x}", crc32c(fmt::format("{} {}", crc_before, line.rest))) == line.crc;
}

// What begins at `tail` is not a whole record. A crash leaves a record's beginning and then
// nothing; where the machine itself died, perhaps lost sectors in the last record, which read as
// NUL up to a sector's end. Everything else was damaged: a line that is all there and wrong, a
// record that goes on past its end, a hole anywhere else, more records.
std::optional<Error> judge_tail(std::string_view tail, std::size_t at) {
  const std::size_t hole = std::min(tail.find('\0'), tail.size());
  const std::size_t end = tail.find('\n');
  if (end < hole) return corrupt(at, "a record does not check out");
  const std::size_t hole_end = tail.find_first_not_of('\0', hole);
  const bool goes_on = hole_end != std::string_view::npos;
  if (goes_on && (at + hole_end) % kSectorBytes != 0) return corrupt(at, "a hole in a record");
  if (end != std::string_view::npos && tail.find('\n', end + 1) != std::string_view::npos) {
    return corrupt(at, "a hole, with records after it");
  }
  const std::string_view beginning = tail.substr(0, hole);
  std::string_view left = beginning.size() > 9 ? beginning.substr(9) : std::string_view();
  const auto length = take_number<std::size_t>(left);
  const auto sequence = length ? take_number<std::uint64_t>(left) : std::nullopt;
  if (!sequence) return std::nullopt;
  if (left.size() > *length || (left.size() == *length && goes_on)) {
    return corrupt(at, "a record goes on past its end");
  }
  return std::nullopt;
}

std::optional<Error> judge_header(std::string_view bytes) {
  if (bytes.starts_with(kHeader)) return std::nullopt;
  if (bytes.starts_with("stagerun journal ") && bytes.find('\n') != std::string_view::npos) {
    return Error{ErrorCode::corrupt, "the journal has a format that this stagerun does not know",
                 "use the stagerun that wrote it"};
  }
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const bool goes_on = bytes.find_first_not_of('\0', end) != std::string_view::npos;
  if (kHeader.starts_with(bytes.substr(0, end)) && !goes_on) return std::nullopt;
  return corrupt(0, "this is not a stagerun journal");
}

}  // namespace

Result<Contents> parse_journal(std::string_view bytes) {
  if (const auto error = judge_header(bytes)) return *error;
  Contents contents;
  contents.crc = kFirstCrc;
  if (!bytes.starts_with(kHeader)) return contents;
  contents.bytes = kHeader.size();
  while (contents.bytes < bytes.size() && bytes[contents.bytes] != '\0') {
    const std::string_view tail = bytes.substr(contents.bytes);
    const std::size_t end = tail.find('\n');
    const auto line = end != std::string_view::npos ? split(tail.substr(0, end)) : std::nullopt;
    const bool good = line && checks_out(*line, contents.crc);
    if (!good) {
      if (const auto error = judge_tail(tail, contents.bytes)) return *error;
      return contents;
    }
    if (line->sequence != contents.sequence + 1) {
      return corrupt(contents.bytes, "a record is out of its place");
    }
    auto event = decode_event(line->json);
    if (!event) return corrupt(contents.bytes, event.error().text);
    contents.events.push_back(*std::move(event));
    contents.crc = line->crc;
    contents.sequence = line->sequence;
    contents.bytes += end + 1;
  }
  const std::size_t rest = bytes.find_first_not_of('\0', contents.bytes);
  if (rest != std::string_view::npos) return corrupt(rest, "bytes after the journal's end");
  return contents;
}

Result<Contents> read_journal(const std::filesystem::path& file) {
  TRY_ASSIGN(const std::string bytes, read_file(file, limits::kJournalBytes));
  return parse_journal(bytes);
}

bool ends_with_run_end(const std::filesystem::path& file) {
  constexpr off_t kEnough = 4096;  // RunEnded is a short line
  const auto fd = open_file(file, O_RDONLY | O_NONBLOCK);
  if (!fd) return false;
  const off_t size = ::lseek(fd->get(), 0, SEEK_END);
  char buffer[kEnough];
  const ssize_t count = ::pread(fd->get(), buffer, kEnough, std::max<off_t>(size - kEnough, 0));
  std::string_view tail(buffer, count > 0 ? static_cast<std::size_t>(count) : 0);
  if (!tail.ends_with('\n')) return false;
  tail.remove_suffix(1);
  const std::size_t json = tail.find('{', tail.rfind('\n') + 1);
  if (json == std::string_view::npos) return false;
  const auto last = decode_event(tail.substr(json));
  return last && std::holds_alternative<RunEnded>(last->body);
}

}  // namespace stagerun::journal
