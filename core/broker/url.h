// Url: the part of a URL that decides who is spoken to, read so strictly that no two parsers can
// disagree about it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace stagerun {

struct Url {
  bool secure = false;    // https
  std::string authority;  // "host:port", in lower case; the port always there
};

// A-Z become a-z, whatever the locale.
std::string ascii_lower(std::string_view text);

// http and https only; no user name or password, no spaces, nothing but ASCII.
Result<Url> parse_url(std::string_view text);

}  // namespace stagerun
