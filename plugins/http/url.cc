#include "url.h"

#include <algorithm>

#include "json_text.h"

namespace http {
namespace {

constexpr std::size_t kShownBytes = 200;

std::size_t authority_of(std::string_view url) {
  return url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
}

bool is_strange(char c) {
  return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7F;
}

bool is_url(std::string_view url) {
  const std::size_t authority = authority_of(url);
  const std::size_t path = path_of(url);
  return authority > 0 && path > authority && std::none_of(url.begin(), url.end(), is_strange) &&
         url.substr(authority, path - authority).find_first_of("@$()") == url.npos;
}

}  // namespace

bool is_open(std::string_view text) { return text.find("${{") != text.npos; }

bool has_handle(std::string_view text) { return text.find("sr-secret.") != text.npos; }

void diagnose_url(sr::Call& call, const std::string& pointer, const std::string& url) {
  if (is_open(url) || url.starts_with("sr-secret.")) return;
  if (!is_url(url)) {
    call.diagnose(pointer, "http.url", "`" + shown_url(url) + "` is not the address of a web page",
                  "begin with http:// or https://, then a host; what is no ASCII is written %XX");
  } else if (has_handle(url.substr(0, url.find('?')))) {
    call.diagnose(pointer, "http.secret", "a secret cannot be a part of an address but its query",
                  "put it into a header or the query, or make the whole address the secret");
  }
}

void diagnose_duration(sr::Call& call, const std::string& pointer) {
  const auto text = call.find_config(pointer);
  if (!text || is_open(*text) || sr::duration_ms(*text) >= 0) return;
  call.diagnose(pointer, "http.duration", "`" + printable(*text, 100) + "` is not a duration",
                "for example 500ms, 30s or 1m30s");
}

std::string shown_url(std::string_view url) {
  if (url.starts_with("sr-secret.")) return "the secret address";
  if (has_handle(url)) url = url.substr(0, url.find('?'));
  return printable(url, kShownBytes);
}

std::size_t path_of(std::string_view url) {
  return std::min(url.find_first_of("/?#", authority_of(url)), url.size());
}

std::string percent_encoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (kPlain.find(c) != kPlain.npos) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

}  // namespace http
