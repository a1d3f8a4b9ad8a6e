#include "core/report/run_report.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/report/exit_words.h"
#include "core/report/standing.h"

namespace stagerun {
std::string show_text(const RunState& state) {
  std::string out =
      fmt::format("run       {}\npipeline  {}\nstarted   {}\nstands    {}{}\n", state.started.run,
                  state.started.pipeline_path, utc_time(state.started_at_ms), standing(state),
                  state.ended ? ": " + exit_words(*state.ended) : "");
  if (state.rollback) out += fmt::format("went back {}\n", printable(state.rollback->reason));
  out += "\n";
  for (const std::string& name : state.order) {
    const StageState& stage = state.stages.at(name);
    const std::string reason = stage_reason(stage);
    out += fmt::format("  {:<24} {:<12} {} write{}{}\n", name, stage_standing(stage),
                       write_count(stage), write_count(stage) == 1 ? "" : "s",
                       reason.empty() ? "" : "  " + printable(reason));
  }
  const std::string next = next_command(state);
  if (!next.empty()) out += "\nnext: " + next + "\n";
  return out;
}

Value show_value(const RunState& state) {
  Value value;
  value.set("run", state.started.run)
      .set("pipeline", state.started.pipeline_path)
      .set("started_at_ms", state.started_at_ms)
      .set("last_at_ms", state.last_at_ms)
      .set("inputs", state.started.inputs)
      .set("status", state.ended ? Value(*state.ended) : Value())
      .set("standing", standing(state));
  Value stages = Value::array();
  for (const std::string& name : state.order) {
    const StageState& stage = state.stages.at(name);
    Value row;
    row.set("stage", name)
        .set("result", stage.settled ? Value(to_string(stage.settled->result)) : Value())
        .set("rolled_back",
             stage.rolled_back ? Value(to_string(stage.rolled_back->result)) : Value())
        .set("reason", stage_reason(stage))
        .set("attempts", stage.applies)
        .set("writes", static_cast<std::int64_t>(write_count(stage)))
        .set("outputs", stage.outputs.is_null() ? Value::object() : stage.outputs);
    stages.push(std::move(row));
  }
  return value.set("stages", std::move(stages));
}

std::string runs_text(const std::vector<RunState>& runs) {
  std::string out;
  for (const RunState& run : runs) {
    out += fmt::format("{:<28} {:<12} {}\n", run.started.run, standing(run),
                       run.started.pipeline_path);
  }
  return out;
}

Value runs_value(const std::vector<RunState>& runs) {
  Value list = Value::array();
  for (const RunState& run : runs) {
    Value row;
    row.set("run", run.started.run)
        .set("pipeline", run.started.pipeline_path)
        .set("started_at_ms", run.started_at_ms)
        .set("status", run.ended ? Value(*run.ended) : Value())
        .set("standing", standing(run));
    list.push(std::move(row));
  }
  return list;
}

}  // namespace stagerun
