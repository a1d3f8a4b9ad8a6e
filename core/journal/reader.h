// Reads a journal back. What a crash can leave is read: a torn end was never synced, so nothing
// acted on it. What a crash cannot leave is refused with the place and the reason, never guessed
// at.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/run_event.h"

namespace stagerun::journal {

struct Contents {
  std::vector<RunEvent> events;
  std::size_t bytes = 0;       // how much of the file they take; what follows is the torn end
  std::uint64_t sequence = 0;  // of the last event
  std::string crc;             // of the last record
};

// Errors have ErrorCode::corrupt, or surroundings where the file cannot be read.
Result<Contents> read_journal(const std::filesystem::path& file);

// The same from bytes. Pure.
Result<Contents> parse_journal(std::string_view bytes);

// True where the file's last record says that the run is over: read from its end, however long the
// journal is. False where anything else stands there; then read_journal() knows.
bool ends_with_run_end(const std::filesystem::path& file);

}  // namespace stagerun::journal
