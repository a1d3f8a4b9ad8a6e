// "host:port" out of a name or a URL, in one spelling. Strict: what another reader of the same URL
// might take for another host is none. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stagerun {

// "api.example.com", "api.example.com:8443", "[::1]:80"; without a port it is that of https.
std::optional<std::string> host_of_name(std::string_view name);

// Of an http or https URL; the port is the scheme's where it has none.
std::optional<std::string> host_of_url(std::string_view url);

}  // namespace stagerun
