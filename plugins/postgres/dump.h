// Dump: an archive of pg_dump in the scratch folder: made, looked into, held against its digest.
#pragma once

#include "client.h"

namespace postgres {

// What `pg_restore --list` says of an archive.
struct Listing {
  int entries = 0;
  std::int64_t created_ms = -1;  // since 1970; -1: it does not say
  std::string database{};
  std::string dumped_from{};  // "15.18 (Debian ...)"
};

Listing read_listing(std::string_view text);

// Lists an archive: a path as pg_restore takes it. Throws Failed where it is none, or is cut off in
// its table of contents.
Listing list_archive(Client& client, const std::string& path);

// Reads all of it, and throws Failed where it is damaged.
void read_through(Client& client, const std::string& path);

// "2026-09-30T10:15:00Z" and back; -1 where it is none.
std::string to_time_text(std::int64_t ms);
std::int64_t to_time_ms(const std::string& text);

// An archive that a later stage insists on: its file, its sha256, and how old it may be.
struct Required {
  std::string file{};
  std::string sha256{};
  std::int64_t max_age_ms = -1;
};

// Throws Failed unless it is there, is the same, was made of `database` and is young enough.
void require(Client& client, const Required& required);

// A path inside the workspace that no program takes for an option.
bool is_inside(std::string_view path);

}  // namespace postgres
