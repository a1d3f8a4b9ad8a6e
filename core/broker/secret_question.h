// The form of a secret/1 request (docs/effects.md), values in place of handles.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/value.h"

namespace stagerun {

struct SecretQuestion {
  enum class Kind { length, has_prefix, equals, matches, hmac_sha256, url_part, json_merge, open };

  Kind kind = Kind::length;
  std::string value;
  std::string other;                                         // prefix, to, pattern, key or part
  std::vector<std::pair<std::string, std::string>> members;  // of json_merge
  std::string variable;                                      // of open, or
  std::string dotenv;                                        // a file of the workspace, and
  std::string name;                                          // what to take from it
  bool is_masked = true;    // what was opened; and where it is a variable:
  bool is_withheld = true;  // processes do not inherit it any more
};

// The error's text says what is wrong with the request.
Result<SecretQuestion> parse_secret(const Value& request);

}  // namespace stagerun
