#include "core/report/report_value.h"

#include <algorithm>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/report/standing.h"
#include "core/report/timeline.h"

namespace stagerun {
namespace {

Value moment(std::int64_t at_ms) { return at_ms == 0 ? Value() : Value(at_ms); }

// Nothing where one of them is not known.
Value duration(std::int64_t from_ms, std::int64_t to_ms) {
  return from_ms == 0 || to_ms == 0 ? Value() : Value(to_ms - from_ms);
}

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

Value list(const std::vector<std::string>& texts) {
  Value array = Value::array();
  for (const std::string& text : texts) array.push(text);
  return array;
}

Value failure_value(const Failure& failure) {
  if (failure == Failure{}) return Value();
  Value value;
  value.set("code", failure.code).set("text", failure.text).set("hint", failure.hint);
  return value;
}

// Without what the world sent: headers and bodies are as large as anybody likes.
Value outcome_value(const std::optional<Value>& outcome) {
  if (!outcome || outcome->members() == nullptr) return Value();
  Value value = Value::object();
  for (const auto& [name, member] : *outcome->members()) {
    const bool is_large = name == "headers" || name.starts_with("body");
    if (!is_large) value.set(name, member);
  }
  return value;
}

const char* state_of(const EffectHistory& effect) {
  if (effect.is_in_doubt()) return "in_doubt";
  return effect.has_not_happened() ? "not_happened" : "ended";
}

Value effect_value(const EffectHistory& effect) {
  Value value;
  value.set("id", effect.id)
      .set("key", effect.key)
      .set("kind", effect.kind)
      .set("access", to_string(effect.access))
      .set("purpose", effect.purpose)
      .set("state", state_of(effect))
      .set("started_at_ms", effect.started_at_ms)
      .set("duration_ms", duration(effect.started_at_ms, effect.ended_at_ms))
      .set("outcome", outcome_value(effect.outcome));
  return value;
}

Value attempt_value(const AttemptHistory& attempt) {
  Value effects = Value::array();
  std::size_t reads = 0;
  for (const EffectHistory& effect : attempt.effects) {
    const bool is_read = effect.access == Access::read;
    if (is_read && ++reads > limits::kReportReads) continue;
    effects.push(effect_value(effect));
  }
  const std::size_t left_out = reads - std::min(reads, limits::kReportReads);
  Value value;
  value.set("verb", to_string(attempt.verb))
      .set("attempt", attempt.number)
      .set("status", attempt.ended ? Value(to_string(attempt.ended->status)) : Value())
      .set("started_at_ms", attempt.started_at_ms)
      .set("duration_ms", duration(attempt.started_at_ms, attempt.ended_at_ms))
      .set("failure", attempt.ended ? failure_value(attempt.ended->failure) : Value())
      .set("effects", std::move(effects))
      .set("reads_left_out", static_cast<std::int64_t>(left_out));
  return value;
}

Value services_value(const StageState& state) {
  Value services = Value::array();
  for (const ServiceState& service : state.services) {
    services.push(Value::object().set("key", service.key).set("pid", service.pid));
  }
  return services;
}

Value rollback_of(const StageHistory& stage, const StageState& state) {
  if (stage.undo_started_at_ms() == 0) return Value();
  const auto& back = state.rolled_back;
  Value value;
  value.set("result", back ? Value(to_string(back->result)) : Value())
      .set("reason", back ? Value(back->reason) : Value())
      .set("started_at_ms", stage.undo_started_at_ms())
      .set("duration_ms", duration(stage.undo_started_at_ms(), stage.rolled_back_at_ms));
  return value;
}

Value stage_value(const StageHistory& stage, const StageState& state) {
  Value attempts = Value::array();
  for (const AttemptHistory& attempt : stage.attempts) attempts.push(attempt_value(attempt));
  const bool has_begun = stage.started_at_ms() != 0;
  Value value;
  value.set("stage", stage.name)
      .set("uses", text_or_null(stage.uses))
      .set("standing", stage_standing(state))
      .set("result", state.settled ? Value(to_string(state.settled->result)) : Value())
      .set("reason", state.settled ? Value(state.settled->reason) : Value())
      .set("chosen", !state.was_not_chosen())
      .set("started_at_ms", moment(stage.started_at_ms()))
      .set("duration_ms",
           has_begun ? duration(stage.started_at_ms(), stage.settled_at_ms) : Value())
      .set("writes", static_cast<std::int64_t>(write_count(state)))
      .set("attempts", std::move(attempts))
      .set("rollback", rollback_of(stage, state))
      .set("services", services_value(state))
      .set("outputs", state.outputs.is_null() ? Value::object() : state.outputs);
  return value;
}

Value failure_of(const RunHistory& history) {
  if (!history.failure) return Value();
  const FirstFailure& first = *history.failure;
  Value value;
  value.set("stage", first.stage)
      .set("result", to_string(first.result))
      .set("reason", first.reason)
      .set("at_ms", first.at_ms)
      .set("verb", first.verb ? Value(to_string(first.verb->verb)) : Value())
      .set("attempt", first.verb ? Value(first.verb->attempt) : Value())
      .set("failure", first.verb ? failure_value(first.verb->failure) : Value());
  return value;
}

Value rollback_of(const RunHistory& history) {
  const auto& rollback = history.state.rollback;
  if (!rollback) return Value();
  Value value;
  value.set("reason", rollback->reason)
      .set("manual", rollback->manual)
      .set("to", text_or_null(rollback->to))
      .set("only", text_or_null(rollback->only))
      .set("started_at_ms", history.rollback_at_ms);
  return value;
}

Value remainders_value(const RunHistory& history) {
  Value array = Value::array();
  for (const Remainder& rest : remainders(history)) {
    Value effects = Value::array();
    for (const EffectHistory* effect : rest.stage->changes()) effects.push(effect_value(*effect));
    Value value;
    value.set("stage", rest.stage->name)
        .set("why", rest.why)
        .set("to_do", text_or_null(rest.to_do))
        .set("needs_person", rest.needs_person)
        .set("effects", std::move(effects));
    array.push(std::move(value));
  }
  return array;
}

Value timeline_value(const RunHistory& history) {
  Value array = Value::array();
  for (const Moment& each : timeline(history)) {
    Value value;
    value.set("at_ms", each.at_ms)
        .set("duration_ms", each.took_ms < 0 ? Value() : Value(each.took_ms))
        .set("stage", text_or_null(each.stage))
        .set("text", each.text);
    array.push(std::move(value));
  }
  return array;
}

Value hosts_value(const RunHistory& history) {
  Value array = Value::array();
  for (const HostHistory& host : history.hosts) {
    Value value;
    value.set("command", host.command).set("by", text_or_null(host.by)).set("at_ms", host.at_ms);
    array.push(std::move(value));
  }
  return array;
}

Value choice_value(const RunStarted& started) {
  if (started.from.empty() && started.only.empty()) return Value();
  return Value::object().set("from", text_or_null(started.from)).set("only", list(started.only));
}

}  // namespace

Value report_value(const RunHistory& history) {
  const RunState& state = history.state;
  const RunStarted& started = state.started;
  Value stages = Value::array();
  for (const StageHistory& stage : history.stages) {
    stages.push(stage_value(stage, history.state_of(stage)));
  }
  Value value;
  value.set("report", kReportForm)
      .set("stagerun", text_or_null(started.version))
      .set("run", started.run)
      .set("pipeline", started.pipeline_path)
      .set("pipeline_name", text_or_null(history.pipeline_name))
      .set("environment", text_or_null(started.surroundings.text_or("environment")))
      .set("workspace", started.workspace)
      .set("status", state.ended ? Value(*state.ended) : Value())
      .set("standing", standing(state))
      .set("summary", standing_words(state))
      .set("next", text_or_null(next_command(state)))
      .set("started_at_ms", moment(state.started_at_ms))
      .set("ended_at_ms", moment(history.ended_at_ms))
      .set("last_at_ms", moment(state.last_at_ms))
      .set("duration_ms", duration(state.started_at_ms, history.ended_at_ms))
      .set("hosts", hosts_value(history))
      .set("inputs", started.inputs.is_null() ? Value::object() : started.inputs)
      .set("choice", choice_value(started))
      .set("plugins", started.plugins.is_null() ? Value::array() : started.plugins)
      .set("first_failure", failure_of(history))
      .set("cancelled_by", state.cancelled_by ? Value(*state.cancelled_by) : Value())
      .set("rollback", rollback_of(history))
      .set("stands", remainders_value(history))
      .set("noticed", list(noticed(history)))
      .set("timeline", timeline_value(history))
      .set("stages", std::move(stages));
  return value;
}

}  // namespace stagerun
