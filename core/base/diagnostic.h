// Diagnostic: one thing that is wrong with what the user wrote, and where. Collected, never thrown:
// everything that can be found is shown at once. Rendered in one place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/value.h"

namespace stagerun {

// A stretch of one line of a file. Lines and columns count from 1, columns in bytes; line 0 means
// "the file as a whole".
struct Span {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::uint32_t length = 0;

  friend bool operator==(const Span&, const Span&) = default;
};

struct Diagnostic {
  std::string code;  // what kind of problem, for programs: "stage.circle"; never renamed
  Span span;
  std::string text;  // what is wrong
  std::string hint;  // what to do about it; may be empty
};

using Diagnostics = std::vector<Diagnostic>;

// The text that the spans point into.
struct Source {
  std::string path;  // as the user gave it
  std::string text;
};

// error: unknown key `neds` in a stage
//  --> ship.toml:3:1
//   3 | neds = ["test"]
//     | ^^^^ did you mean `needs`?
std::string render(const Diagnostic& diagnostic, const Source& source);

// All of them, in the order of the file, at most limits::kDiagnostics, then how many there are.
std::string render(Diagnostics diagnostics, const Source& source);

// The same for programs: {"file", "count", "problems": [{"code", "line", "column", "length",
// "text", "hint"}]}.
Value to_value(Diagnostics diagnostics, const Source& source);

}  // namespace stagerun
