#include "core/broker/secret_url.h"

#include <algorithm>
#include <array>

#include "core/base/url.h"

namespace stagerun {
namespace {

constexpr std::string_view kQuery = "query.";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// RFC 3986, section 3.1.
bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
         });
}

// As far as they are told apart, nothing decoded.
struct Parts {
  std::string_view scheme;
  std::string_view user;
  std::string_view password;
  std::string_view host;
  std::string_view port;
  std::string_view path;
  std::string_view query;
};

// Cuts `text` before `mark` and gives what came after it; nothing where there is no mark.
std::string_view cut_at(std::string_view& text, std::size_t mark, std::size_t width = 1) {
  if (mark >= text.size()) return {};
  const std::string_view rest = text.substr(mark + width);
  text = text.substr(0, mark);
  return rest;
}

// A user name may hold an @ that nobody encoded: the host begins after the last. Of a list of hosts
// (`a:1,b:2`) there is no one port.
void split_authority(std::string_view authority, Parts& parts) {
  parts.host = authority;
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    parts.user = authority.substr(0, at);
    parts.host = authority.substr(at + 1);
    parts.password = cut_at(parts.user, parts.user.find(':'));
  }
  if (parts.host.find(',') != parts.host.npos) return;
  const std::size_t bracket = parts.host.find(']');
  const std::size_t from = bracket == parts.host.npos ? 0 : bracket;
  parts.port = cut_at(parts.host, parts.host.find(':', from));
  if (parts.host.starts_with('[') && parts.host.ends_with(']')) {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  }
}

std::optional<Parts> split(std::string_view url) {
  Parts parts;
  const std::size_t mark = url.find("://");
  if (mark == url.npos || !is_scheme(url.substr(0, mark))) return std::nullopt;
  parts.scheme = url.substr(0, mark);
  url.remove_prefix(mark + 3);
  cut_at(url, url.find('#'));
  parts.query = cut_at(url, url.find('?'));
  const std::size_t slash = std::min(url.find('/'), url.size());
  parts.path = url.substr(slash);
  split_authority(url.substr(0, slash), parts);
  if (!std::all_of(parts.port.begin(), parts.port.end(), is_digit)) return std::nullopt;
  return parts;
}

std::string_view find_in_query(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view rest = cut_at(query, query.find('&'));
    const std::string_view value = cut_at(query, query.find('='));
    if (percent_decode(query) == name) return value;
    query = rest;
  }
  return {};
}

}  // namespace

std::string percent_encode(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_letter(c) || is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
      text += c;
    } else {
      text += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return text;
}

std::string percent_decode(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    bytes += low >= 0 ? static_cast<char>(high * 16 + low) : text[i];
    if (low >= 0) i += 2;
  }
  return bytes;
}

bool is_url_part(std::string_view part) {
  constexpr std::array<std::string_view, 6> kParts = {"scheme", "user", "password",
                                                      "host",   "port", "path"};
  return std::find(kParts.begin(), kParts.end(), part) != kParts.end() ||
         (part.starts_with(kQuery) && part.size() > kQuery.size());
}

Result<std::optional<std::string>> url_part(std::string_view url, std::string_view part) {
  const std::optional<Parts> parts = split(url);
  if (!parts) return Error{ErrorCode::usage, "it is no URL", ""};
  std::string_view found;
  if (part == "scheme") found = parts->scheme;
  if (part == "user") found = parts->user;
  if (part == "password") found = parts->password;
  if (part == "host") found = parts->host;
  if (part == "port") found = parts->port;
  if (part == "path") found = parts->path;
  if (part.starts_with(kQuery)) found = find_in_query(parts->query, part.substr(kQuery.size()));
  if (found.empty()) return std::optional<std::string>();
  return std::optional(percent_decode(found));
}

bool is_secret_part(std::string_view part) {
  constexpr std::array<std::string_view, 6> kWords = {"pass", "secret", "token",
                                                      "key",  "sig",    "credential"};
  if (part == "password") return true;
  if (!part.starts_with(kQuery)) return false;
  const std::string name = ascii_lower(part.substr(kQuery.size()));
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return name.find(word) != name.npos; });
}

}  // namespace stagerun
