#include "settings.h"

#include <algorithm>

namespace http {
namespace {

constexpr const char* kEvery = "1s";

// An expression whose value is not known yet stands as it was written.
bool is_open(std::string_view text) { return text.find("${{") != std::string_view::npos; }

bool is_url(std::string_view text) {
  const std::size_t scheme = text.starts_with("http://") ? 7 : text.starts_with("https://") ? 8 : 0;
  const bool has_host = scheme > 0 && text.size() > scheme && text[scheme] != '/';
  return has_host && text.find_first_of(" \t\r\n") == text.npos;
}

void diagnose_duration(sr::Call& call, const std::string& pointer) {
  const std::string text = call.config_or(pointer, kEvery);
  if (is_open(text) || sr::duration_ms(text) >= 0) return;
  call.diagnose(pointer, "http.duration", "`" + text + "` is not a duration",
                "for example 500ms, 30s or 1m30s");
}

}  // namespace

bool Settings::expects(int got) const {
  return std::find(status.begin(), status.end(), std::to_string(got)) != status.end();
}

Settings read_settings(const sr::Call& call) {
  Settings settings;
  settings.url = call.config("/url");
  const std::string wanted = call.config_or("/status", "200");
  settings.status = wanted.starts_with('[') ? call.items(wanted) : std::vector<std::string>{wanted};
  settings.contains = call.config_or("/contains", "");
  settings.within_ms = std::max<std::int64_t>(sr::duration_ms(call.config_or("/within", "0s")), 0);
  settings.every_ms = std::max<std::int64_t>(sr::duration_ms(call.config_or("/every", kEvery)), 1);
  return settings;
}

void diagnose_settings(sr::Call& call) {
  const std::string url = call.config_or("/url", "");
  if (call.has_config("/url") && !is_open(url) && !is_url(url)) {
    call.diagnose("/url", "http.url", "`" + url + "` is not the address of a web page",
                  "begin with http:// or https://, then a host");
  }
  diagnose_duration(call, "/within");
  diagnose_duration(call, "/every");
}

}  // namespace http
