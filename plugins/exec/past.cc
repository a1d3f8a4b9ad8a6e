#include "past.h"

#include <cstdlib>

namespace exec {
namespace {

Past judge(const sr::Call& call, const std::string& effect) {
  const auto outcome = [&](const char* member) {
    return call.pick(effect, std::string("/outcome/") + member).value_or("");
  };
  const std::string event = outcome("event");
  if (event == "exited" || event == "running") {
    const std::string status = outcome("status");
    return {Fate::ended, status.empty() ? -1 : sr::number_in(status),
            sr::number_in(outcome("signal"))};
  }
  return {outcome("may_have_happened") == "false" ? Fate::never : Fate::unclear};
}

}  // namespace

std::optional<Past> read_past(const sr::Call& call, std::string_view id) {
  for (const std::string& effect : call.items(call.pending())) {
    if (call.pick(effect, "/id") == id) return Past{Fate::unclear};
  }
  for (const std::string& effect : call.items(call.settled())) {
    if (call.pick(effect, "/id") == id) return judge(call, effect);
  }
  return std::nullopt;
}

}  // namespace exec
