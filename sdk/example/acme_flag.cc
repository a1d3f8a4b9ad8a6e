// acme.flag: sets one feature flag of a service, and puts back what was there.
//
// How it works. The flag is a resource: GET URL answers its value, PUT URL sets it. What GET
// answered is the baseline. The rollback puts that back, but only where the flag still has the
// value that we gave it: what somebody else has set since is theirs.
#include <stagerun/stagerun.hpp>

namespace {

std::string read_flag(sr::Call& call) {
  const sr::Reply reply = call.http().get(call.config("/url"));
  if (reply.status == 200) return reply.body;
  throw sr::Failed("acme.unreadable", "the flag service answered " + std::to_string(reply.status),
                   "open " + call.config("/url") + " by hand");
}

void write_flag(sr::Call& call, const std::string& value) {
  const sr::Reply reply = call.http().send({.method = "PUT",
                                            .url = call.config("/url"),
                                            .purpose = "set the flag to " + value,
                                            .id = "set",
                                            .body = value});
  if (reply.status >= 200 && reply.status < 300) return;
  throw sr::Failed("acme.refused", "the flag service answered " + std::to_string(reply.status));
}

struct Flag {
  static constexpr sr::Info info{
      .name = "acme.flag",
      .version = "1.0.0",
      .summary = "Sets a feature flag; puts back what was there.",
      .schema = R"({
  "type": "object", "required": ["url", "value"], "additionalProperties": false,
  "properties": {"url": {"type": "string"},
                 "value": {"type": "string", "enum": ["on", "off"]}}})",
      .outputs = R"({"type": "object", "properties": {"before": {"type": "string"}}})",
      .manifest = R"({"effects": ["http/1"], "hosts": [{"config": "/url"}]})",
      .flags = SR_IDEMPOTENT | SR_REVERSIBLE,
  };

  void plan(sr::Call& call) {
    const std::string now = read_flag(call);
    const std::string wanted = call.config("/value");
    if (now == wanted) return;
    call.change("update", call.config("/url"), sr::Json(now), sr::Json(wanted));
  }

  void apply(sr::Call& call) {
    // On another attempt the flag may be ours already: the first baseline is the true one.
    const bool is_first = call.last_checkpoint().empty();
    const std::string before = is_first ? read_flag(call) : std::string(call.last_checkpoint());
    call.set_text("before", before);
    if (is_first && before == call.config("/value")) throw sr::Unchanged();
    if (is_first) call.checkpoint(before);
    write_flag(call, call.config("/value"));
  }

  void verify(sr::Call& call) {
    const std::string now = read_flag(call);
    if (now != call.config("/value")) throw sr::Failed("acme.not_set", "the flag is " + now);
    call.set_text("before", call.last_checkpoint());
  }

  void rollback(sr::Call& call) {
    const std::string before(call.last_checkpoint());
    const std::string now = read_flag(call);
    if (now == before) return;
    if (now != call.config("/value")) {
      throw sr::Conflict("acme.changed", "somebody has set the flag to " + now,
                         "look who, then set it by hand");
    }
    write_flag(call, before);
  }
};

}  // namespace

STAGERUN_MODULE(Flag);
