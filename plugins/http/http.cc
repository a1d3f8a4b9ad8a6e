// http.check: asks a web address until its answer is right. Only ever reads.
#include <algorithm>

#include "settings.h"

namespace http {
namespace {

constexpr std::int64_t kTryMs = 10'000;
// Kept back from the stage's own time, so that the reason is told and not only "timed out".
constexpr std::int64_t kReserveMs = 500;

// When to stop trying, by the host's clock.
std::int64_t last_moment(const sr::Call& call, const Settings& settings) {
  const std::int64_t now = call.now_ms();
  const std::int64_t remaining = call.remaining_ms();
  const std::int64_t wanted = settings.within_ms > 0 ? settings.within_ms : kTryMs;
  if (remaining < 0) return now + wanted;
  return now + std::min(wanted, std::max<std::int64_t>(remaining - kReserveMs, 1));
}

// One try. What is wrong with the answer, or "" where it is right.
std::string find_fault(sr::Call& call, const Settings& settings, std::int64_t timeout_ms,
                       int& status) {
  try {
    const sr::Reply reply = call.http().send(
        {.url = settings.url, .purpose = "look at " + settings.url, .timeout_ms = timeout_ms});
    status = reply.status;
    if (!settings.expects(reply.status)) return "it answered " + std::to_string(reply.status);
    if (settings.contains.empty()) return "";
    if (!reply.is_text) return "its answer is not text";
    const bool found = reply.body.find(settings.contains) != std::string::npos;
    return found ? "" : "its answer does not contain `" + settings.contains + "`";
  } catch (const sr::Failed& failed) {
    return failed.text();
  } catch (const sr::Unknown& lost) {  // a read may be asked again
    return lost.text();
  }
}

struct Check {
  static constexpr sr::Info info{
      .name = "http.check",
      .version = "1.0.0",
      .summary = "Waits until a web address answers as it should.",
      .schema = R"({
  "type": "object", "required": ["url"], "additionalProperties": false,
  "properties": {
    "url": {"type": "string"},
    "status": {"anyOf": [{"type": "integer"},
                         {"type": "array", "minItems": 1, "items": {"type": "integer"}}]},
    "contains": {"type": "string"},
    "within": {"type": "string"},
    "every": {"type": "string"}}})",
      .outputs = R"({"type": "object", "properties": {"status": {"type": "integer"},
                                                     "attempts": {"type": "integer"}}})",
      .manifest = R"({"effects": ["http/1", "timer/1"], "hosts": [{"config": "/url"}]})",
      .flags = SR_READS_ONLY,
  };

  void validate(sr::Call& call) { diagnose_settings(call); }

  // Nothing changes, so there is no change to name; the line is for people.
  void plan(sr::Call& call) { call.info("check " + call.config_or("/url", "an address")); }

  void apply(sr::Call& call) {
    const Settings settings = read_settings(call);
    const std::int64_t end = last_moment(call, settings);
    for (int attempt = 1;; ++attempt) {
      int status = 0;
      const std::int64_t left = std::max<std::int64_t>(end - call.now_ms(), 1);
      const std::string fault = find_fault(call, settings, std::min(kTryMs, left), status);
      if (fault.empty()) return succeed(call, status, attempt);
      const bool over = settings.within_ms == 0 || call.now_ms() + settings.every_ms >= end;
      if (over) give_up(settings, fault, attempt);
      call.progress(static_cast<std::uint64_t>(attempt), 0, fault);
      call.sleep_ms(settings.every_ms);
    }
  }

 private:
  static void succeed(sr::Call& call, int status, int attempts) {
    call.set("status", status);
    call.set("attempts", attempts);
    call.receipt(sr::Json::object().set("status", status).set("attempts", attempts).text());
  }

  [[noreturn]] static void give_up(const Settings& settings, const std::string& fault,
                                   int attempts) {
    const std::string tries =
        attempts == 1 ? "" : " (the last of " + std::to_string(attempts) + " tries)";
    throw sr::Failed("http.check", settings.url + ": " + fault + tries,
                     settings.within_ms > 0
                         ? "raise `within` if it needs longer; else look at the service's log"
                         : "give it time with `within` if it may still be starting");
  }
};

}  // namespace
}  // namespace http

STAGERUN_MODULE(http::Check);
