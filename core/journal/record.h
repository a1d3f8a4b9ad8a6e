// How events lie on disk; docs/journal-format.md explains it beside a worked example.
//
//   stagerun journal 1\n
//   CRC LENGTH SEQUENCE JSON\n     (one record an event)
//
// CRC is eight hex digits: CRC-32C of the record before's eight digits, a space, and this record
// from LENGTH to the end of JSON. So a record can neither be changed, moved nor left out unseen.
// LENGTH is JSON's in bytes; SEQUENCE counts from 1. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/model/run_event.h"

namespace stagerun::journal {

inline constexpr std::string_view kHeader = "stagerun journal 1\n";
// What the first record's CRC continues from.
inline constexpr std::string_view kFirstCrc = "00000000";

// The record's line; `crc` is the record before's and becomes this one's.
std::string encode_record(const RunEvent& event, std::uint64_t sequence, std::string& crc);

// The event that one record's JSON holds.
Result<RunEvent> decode_event(std::string_view json);

}  // namespace stagerun::journal
