#include "core/plan/host_name.h"

#include <algorithm>
#include <charconv>

namespace stagerun {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_made_of(std::string_view text, std::string_view others) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [others](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           others.find(c) != std::string_view::npos;
  });
}

std::optional<int> parse_port(std::string_view text) {
  int port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && stop == text.data() + text.size();
  if (!whole || port < 1 || port > 65535) return std::nullopt;
  return port;
}

// `authority`: RFC 3986, section 3.2, without user information.
std::optional<std::string> normalise(std::string_view authority, int default_port) {
  const bool is_ipv6 = authority.starts_with("[");
  const std::size_t bracket = authority.find(']');
  if (is_ipv6 && bracket == std::string_view::npos) return std::nullopt;
  const std::size_t host_end =
      is_ipv6 ? bracket + 1 : std::min(authority.find(':'), authority.size());
  const std::string host = lower(authority.substr(0, host_end));
  const std::string_view rest = authority.substr(host_end);
  const bool fits = is_ipv6 ? is_made_of(std::string_view(host).substr(1, host.size() - 2), ":.")
                            : is_made_of(host, ".-_");
  if (!fits || (!rest.empty() && rest[0] != ':')) return std::nullopt;
  const auto port = rest.empty() ? std::optional(default_port) : parse_port(rest.substr(1));
  if (!port) return std::nullopt;
  return host + ":" + std::to_string(*port);
}

}  // namespace

std::optional<std::string> host_of_name(std::string_view name) { return normalise(name, 443); }

std::optional<std::string> host_of_url(std::string_view url) {
  const std::size_t colon = std::min(url.find("://"), url.size());
  const std::string scheme = lower(url.substr(0, colon));
  if (colon == url.size() || (scheme != "http" && scheme != "https")) return std::nullopt;
  url.remove_prefix(colon + 3);
  std::string_view authority = url.substr(0, std::min(url.find_first_of("/?#"), url.size()));
  // Nothing before the @ is a host; two of them, or a backslash before one, are read in two ways.
  const std::size_t at = authority.find('@');
  if (at != std::string_view::npos) {
    if (authority.find('\\') != std::string_view::npos) return std::nullopt;
    authority.remove_prefix(at + 1);
  }
  return normalise(authority, scheme == "http" ? 80 : 443);
}

}  // namespace stagerun
