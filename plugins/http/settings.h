// Settings: what a stage's `with` asks of http.check. docs/plugins/http.md has the meaning of each.
#pragma once

#include <string>
#include <vector>

#include <stagerun/stagerun.hpp>

namespace http {

struct Settings {
  std::string url;
  std::vector<std::string> status;
  std::string contains;
  std::int64_t within_ms = 0;  // 0: one try
  std::int64_t every_ms = 0;

  bool expects(int got) const;
};

Settings read_settings(const sr::Call& call);

// Values that are not known yet are left alone.
void diagnose_settings(sr::Call& call);

}  // namespace http
