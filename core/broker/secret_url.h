// URLs that hold secrets: `postgresql+psycopg2://app:s%40crt@db:5432/main?sslmode=require`. More of
// them than http knows, and read more leniently than core/base/url.h: nothing is reached by what
// this says. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace stagerun {

// Everything but RFC 3986's unreserved characters as %XX.
std::string percent_encode(std::string_view bytes);

// %XX as the byte that it means; a % that is followed by anything else stays.
std::string percent_decode(std::string_view text);

// True for what url_part() has an answer to, if only that there is none.
bool is_url_part(std::string_view part);

// `scheme`, `user`, `password`, `host`, `port`, `path` (with its slash) or `query.NAME`, decoded;
// nothing where the URL has none, or an empty one. An error where it is no URL with a `://`.
Result<std::optional<std::string>> url_part(std::string_view url, std::string_view part);

// True for the password, and for what a query calls by a name that secrets have.
bool is_secret_part(std::string_view part);

}  // namespace stagerun
