#include "core/worker/serve.h"

#include <memory>
#include <string>

#include "core/worker/host_table.h"
#include "core/worker/session.h"
#include "core/worker/traces.h"

namespace stagerun {
namespace {

sr_verb verb_of(const sr_stage& stage, std::uint32_t verb) {
  switch (verb) {
    case SR_VALIDATE:
      return stage.validate;
    case SR_PLAN:
      return stage.plan;
    case SR_APPLY:
      return stage.apply;
    case SR_VERIFY:
      return stage.verify;
    case SR_ROLLBACK:
      return stage.rollback;
    default:
      return nullptr;
  }
}

sr_status run_verb(const Module& module, Session& session) {
  const sr_stage* stage = module.find(session.stage_type());
  if (stage == nullptr) {
    session.fail("plugin.stage", "the plugin has no stage " + session.stage_type(),
                 "the plugin was replaced: start again");
    return SR_INVALID;
  }
  const sr_verb verb = verb_of(*stage, session.call().verb);
  return verb != nullptr ? verb(&session.call()) : SR_ABSENT;
}

// Until the host ends us.
[[noreturn]] void resign(Channel& channel) {
  channel.send({wire::Type::resigned, 0, 0, 0, {}});
  wire::Message ignored;
  for (;;) channel.wait(ignored, -1, false);
}

}  // namespace

void serve(Channel& channel, const Module& module) {
  const Traces before = look_for_traces();
  std::unique_ptr<Session> session;
  wire::Message message;
  for (;;) {
    channel.wait(message, -1, false);
    // What else may come is an event of an effect whose verb did not wait for it.
    if (message.type != wire::Type::call) continue;
    session = std::make_unique<Session>(channel, std::move(message));
    session->call().host = &kHostTable;
    wire::Message done{wire::Type::done, 0, 0, run_verb(module, *session), {""}};
    const bool kept = session->take_result(done.fields[0]);
    if (!kept && (done.argument == SR_OK || done.argument == SR_UNCHANGED)) {
      done.argument = SR_FAILED;
    }
    session->close();
    channel.send(done);
    // Only now: the host has work of its own to do meanwhile.
    if (look_for_traces() != before) resign(channel);
  }
}

}  // namespace stagerun
