// What a server's answer can make of a request: a redirect to any URL. And the URL itself, beside
// libcurl, which does the reaching: what was granted must be what is reached.
#include <memory>

#include <curl/curl.h>

#include "core/broker/http_request.h"
#include "tests/fuzz/fuzz.h"

using namespace stagerun;

namespace {

std::string curl_part(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (::curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  std::string out(text);
  ::curl_free(text);
  return out;
}

// libcurl writes numbers for hosts anew (0x7f.1 as 127.0.0.1), and knows them as no other host.
bool is_number(std::string_view host) {
  return host.starts_with('[') || host.find_first_not_of("0123456789.") == host.npos;
}

void must_reach_what_was_granted(const Url& ours, const std::string& text) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> url(::curl_url(), &::curl_url_cleanup);
  if (::curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return;
  const std::string host = ascii_lower(curl_part(url.get(), CURLUPART_HOST, 0));
  const std::string port = curl_part(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT);
  MUST(curl_part(url.get(), CURLUPART_SCHEME, 0) == (ours.secure ? "https" : "http"));
  MUST(curl_part(url.get(), CURLUPART_USER, 0).empty());
  MUST(curl_part(url.get(), CURLUPART_PASSWORD, 0).empty());
  MUST(ours.authority.ends_with(":" + port));
  MUST(is_number(host) || ours.authority == host + ":" + port);
}

void must_be_good(const Url& url, const std::string& text) {
  MUST(parse_authority(url.authority, "1") == url.authority);
  MUST(ascii_lower(url.authority) == url.authority);
  MUST(url.authority.find_first_of("@/?# \\") == std::string::npos);
  const auto again = parse_url((url.secure ? "https://" : "http://") + url.authority + "/");
  MUST(again.has_value() && again->authority == url.authority && again->secure == url.secure);
  must_reach_what_was_granted(url, text);
}

void must_not_be_misled(const std::string& from, const std::string& to, int status) {
  HttpRequest request;
  request.method = status % 2 == 0 ? "PUT" : "POST";
  request.url = from;
  request.target = *parse_url(from);
  request.headers = {{"Authorization", "Bearer k"}, {"X-Key", "k"}, {"Accept", "text/plain"}};
  request.body = "body";
  request.redirects = 3;
  const auto next = redirected(request, status, to);
  if (!next) return;
  MUST(next->redirects == 2 && next->url == to);
  MUST(next->target.secure || !request.target.secure);
  const bool elsewhere = next->target.authority != request.target.authority ||
                         next->target.secure != request.target.secure;
  MUST(next->headers.size() == (elsewhere ? 1 : 3));
  MUST(next->headers.back().first == "Accept");
  MUST(next->method == request.method || (next->method == "GET" && !next->body));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::view(data, size));
  const auto url = parse_url(text);
  if (url) must_be_good(*url, text);
  if (const auto authority = parse_authority(text, "443")) {
    MUST(parse_authority(*authority, "80") == authority);
  }
  for (const int status : {301, 302, 303, 307, 308}) {
    must_not_be_misled("https://api.example.com/v1", text, status);
    must_not_be_misled("http://127.0.0.1:8080/", text, status);
  }
  return 0;
}
