#include "core/config/read_policy.h"

#include <algorithm>

#include <fmt/format.h>

namespace stagerun {
namespace {

bool read_retry(const Member& member, const std::string& where, StageSpec& stage,
                Diagnostics& diagnostics) {
  const TableReader table(member.value, kRetryKeys, "`retry` of " + where, member.key_span,
                          diagnostics);
  if (!table.wrong().empty()) return false;
  RetrySpec retry;
  retry.attempts = static_cast<int>(*table.find("attempts")->value.integer());
  retry.backoff_ms = table.duration_ms("backoff").value_or(retry.backoff_ms);
  const auto longest = table.duration_ms("max_backoff");
  if (longest && table.find("backoff") != nullptr && *longest < retry.backoff_ms) {
    diagnostics.push_back(
        {"retry.backoff", table.find("max_backoff")->value.span,
         fmt::format("the longest pause in `retry` of {} is shorter than the first", where),
         "make `max_backoff` at least `backoff`"});
    return false;
  }
  retry.max_backoff_ms = longest.value_or(std::max(retry.max_backoff_ms, retry.backoff_ms));
  stage.retry = retry;
  return true;
}

}  // namespace

bool read_policy(const TableReader& table, const std::string& where, StageSpec& stage,
                 Diagnostics& diagnostics) {
  if (const auto timeout = table.duration_ms("timeout")) stage.timeout_ms = *timeout;
  if (const auto timeout = table.duration_ms("rollback_timeout")) {
    stage.rollback_timeout_ms = *timeout;
  }
  if (const Member* member = table.find("on_failure")) {
    stage.on_failure = *from_string<OnFailure>(*member->value.text());
  }
  if (const Member* member = table.find("rollback")) {
    stage.rollback = *from_string<RollbackPolicy>(*member->value.text());
    stage.rollback_span = member->value.span;
  }
  const Member* retry = table.find("retry");
  return retry == nullptr || read_retry(*retry, where, stage, diagnostics);
}

}  // namespace stagerun
