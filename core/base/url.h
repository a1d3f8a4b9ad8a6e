// Url: the part of a URL that decides who is spoken to, read so strictly that no two parsers can
// disagree about it. Pure.
#pragma once

#include <optional>
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

// http and https only; no user name or password, no spaces, nothing but ASCII. Errors have
// ErrorCode::usage and call the text `url`.
Result<Url> parse_url(std::string_view text);

// "Api.example.com", "a:8443", "[::1]:80" as Url::authority has it; nothing where it is none.
std::optional<std::string> parse_authority(std::string_view text, std::string_view default_port);

}  // namespace stagerun
