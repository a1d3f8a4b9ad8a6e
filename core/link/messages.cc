#include "core/link/messages.h"

namespace stagerun {

wire::Message call_message(const VerbCall& call, std::int64_t ahead_ms) {
  wire::Message message;
  message.type = wire::Type::call;
  message.fields.resize(wire::call_field_count);
  auto& fields = message.fields;
  fields[wire::stage_type] = call.stage_type;
  fields[wire::run] = call.run;
  fields[wire::stage] = call.stage;
  fields[wire::key] = call.key;
  fields[wire::config] = call.config;
  fields[wire::plan] = call.plan;
  fields[wire::receipt] = call.receipt;
  fields[wire::checkpoint] = call.checkpoint;
  fields[wire::pending] = call.pending;
  fields[wire::settled] = call.settled;
  fields[wire::workspace] = call.workspace;
  fields[wire::scratch] = call.scratch;
  fields[wire::context] = call.context;
  fields[wire::remaining_ms] = std::to_string(call.timeout_ms);
  fields[wire::now_offset_ms] = std::to_string(ahead_ms);
  fields[wire::verb] = std::to_string(static_cast<std::uint32_t>(call.verb));
  fields[wire::attempt] = std::to_string(call.attempt);
  return message;
}

Value log_fields(const wire::Message& message) {
  Value fields = Value::object();
  for (std::size_t i = 1; i + 1 < message.fields.size(); i += 2) {
    fields.set(message.fields[i], message.fields[i + 1]);
  }
  return fields;
}

}  // namespace stagerun
