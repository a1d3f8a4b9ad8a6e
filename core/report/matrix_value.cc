#include "core/report/matrix_value.h"

#include "core/report/matrix.h"

namespace stagerun {
namespace {

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

Value count(std::size_t number) { return static_cast<std::int64_t>(number); }

Value list(const std::vector<std::string>& texts) {
  Value array = Value::array();
  for (const std::string& text : texts) array.push(text);
  return array;
}

Value seed_value(std::uint64_t seed) {
  if (seed > std::uint64_t{INT64_MAX}) return std::to_string(seed);
  return static_cast<std::int64_t>(seed);
}

Value differences_value(const std::vector<Difference>& differences) {
  Value array = Value::array();
  for (const Difference& each : differences) {
    Value value;
    value.set("what", each.what).set("how", each.how).set("stage", text_or_null(each.stage));
    array.push(std::move(value));
  }
  return array;
}

Value estimates_value(const std::vector<StageEstimate>& estimates) {
  Value array = Value::array();
  for (const StageEstimate& each : estimates) {
    Value value;
    value.set("stage", each.stage)
        .set("apply_ms", each.apply_ms)
        .set("rollback_ms", each.rollback_ms);
    array.push(std::move(value));
  }
  return array;
}

Value scenario_value(const Scenario& scenario, const std::string& command) {
  Value value;
  value.set("fault", scenario.fault)
      .set("set", scenario.set)
      .set("stage", text_or_null(scenario.stage))
      .set("effect", text_or_null(scenario.effect))
      .set("then", text_or_null(scenario.then))
      .set("status", scenario.status)
      .set("outcome", outcome_of(scenario))
      .set("invariants", list(scenario.broken))
      .set("by_hand", list(scenario.by_hand))
      .set("left", differences_value(scenario.left))
      .set("replay", replay_command(scenario, command));
  if (!scenario.said.empty()) value.set("said", list(scenario.said));
  return value;
}

}  // namespace

Value matrix_value(const Rehearsal& rehearsal, const std::string& pipeline_path) {
  const std::string command = rehearse_command(rehearsal, pipeline_path);
  Value scenarios = Value::array();
  for (const Scenario& each : rehearsal.scenarios) {
    scenarios.push(scenario_value(each, command));
  }
  const OutcomeCounts counts = count_outcomes(rehearsal);
  Value by_outcome = Value::object();
  for (const std::string_view outcome : kOutcomes) {
    by_outcome.set(outcome, count(counts.of(outcome)));
  }
  Value value;
  value.set("pipeline", rehearsal.pipeline)
      .set("pipeline_digest", rehearsal.pipeline_digest)
      .set("seed", seed_value(rehearsal.seed))
      .set("changes", differences_value(rehearsal.changes))
      .set("estimates", estimates_value(rehearsal.estimates))
      .set("rollback_ms", rollback_ms(rehearsal))
      .set("no_return", text_or_null(rehearsal.no_return))
      .set("unrehearsed", list(rehearsal.unrehearsed))
      .set("scenarios", std::move(scenarios))
      .set("counts", std::move(by_outcome))
      .set("broken", count(counts.of("broken")));
  return value;
}

}  // namespace stagerun
