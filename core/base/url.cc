#include "core/base/url.h"

#include <algorithm>
#include <charconv>

#include "core/base/limits.h"

namespace stagerun {
namespace {

Error malformed(const char* why) { return Error{ErrorCode::usage, why, ""}; }

bool is_lower_host(std::string_view host) {
  const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 3;
  if (bracketed) host = host.substr(1, host.size() - 2);
  return !host.empty() &&
         host.find_first_not_of(bracketed ? "0123456789abcdef:."
                                          : "abcdefghijklmnopqrstuvwxyz0123456789-._") ==
             std::string_view::npos;
}

bool is_port(std::string_view port) {
  unsigned number = 0;
  const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && stop == port.data() + port.size() && number > 0 &&
         number < 65'536 && port.front() != '0';
}

bool has_strange_bytes(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return c <= ' ' || c >= 0x7F ||
           std::string_view("\\\"<>^`{|}").find(c) != std::string_view::npos;
  });
}

}  // namespace

std::string ascii_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > limits::kUrlBytes || has_strange_bytes(text)) {
    return malformed("`url` is too long, or holds bytes that must be written as %XX");
  }
  Url url;
  url.secure = text.starts_with("https://");
  if (!url.secure && !text.starts_with("http://")) {
    return malformed("`url` must begin with http:// or https://");
  }
  text.remove_prefix(url.secure ? 8 : 7);
  const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  if (authority.find('@') != std::string::npos) {
    return malformed("`url` must not hold a user name or password; use a header");
  }
  const auto parsed = parse_authority(authority, url.secure ? "443" : "80");
  if (!parsed) return malformed("`url` names no host and port");
  url.authority = *parsed;
  return url;
}

std::optional<std::string> parse_authority(std::string_view text, std::string_view default_port) {
  const std::string authority = ascii_lower(text);
  const std::size_t host_end =
      authority.find(':', authority.starts_with('[') ? authority.find(']') : 0);
  const std::string host = authority.substr(0, host_end);
  const bool named = host_end != std::string::npos;
  const std::string port = named ? authority.substr(host_end + 1) : std::string(default_port);
  if (!is_lower_host(host) || port.empty() || !is_port(port)) return std::nullopt;
  return host + ":" + port;
}

}  // namespace stagerun
