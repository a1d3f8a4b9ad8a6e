// The form of a file/1 request (docs/effects.md).
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

#include "core/base/result.h"
#include "core/base/value.h"

namespace stagerun {

// The digest of a file that is not there.
inline constexpr const char* kAbsent = "absent";

struct FileRequest {
  enum class Kind { look, keep, write, remove, rename };

  Kind kind = Kind::look;
  std::string path;
  std::string keep_as;              // of keep: a name in the scratch folder
  std::optional<std::string> text;  // of write, or
  std::string from;                 // a name in the scratch folder
  std::optional<mode_t> mode;       // of write
  std::string to;                   // of rename
  std::string if_digest;            // of each write
};

// The error's text says what is wrong with the request.
Result<FileRequest> parse_file(const Value& request);

}  // namespace stagerun
