// Document: a TOML text as a tree in which everything knows its place in the file. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/diagnostic.h"
#include "core/config/lines.h"

namespace stagerun {

struct Member;

// A TOML value. Dates and times are strings. Tables keep the order of the file.
struct Node {
  using Array = std::vector<Node>;
  using Table = std::vector<Member>;

  Span span;  // of the value; of its header where a table has one
  std::variant<bool, std::int64_t, double, std::string, Array, Table> content;

  const bool* boolean() const { return std::get_if<bool>(&content); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&content); }
  const std::string* text() const { return std::get_if<std::string>(&content); }
  const Array* items() const { return std::get_if<Array>(&content); }
  const Table* members() const { return std::get_if<Table>(&content); }

  // The member of that name; null where there is none, or this is no table.
  const Member* find(std::string_view key) const;

  // What it is, for a person: "an integer", "a table".
  const char* describe() const;
};

struct Member {
  std::string key;
  Span key_span;
  Node value;
};

// The whole file as a table. Nothing where it is no TOML (one diagnostic, for TOML stops at its
// first error), nested too deeply (limits::kDepth) or holds
// nan or inf.
std::optional<Node> parse_document(const Source& source, const Lines& lines,
                                   Diagnostics& diagnostics);

}  // namespace stagerun
