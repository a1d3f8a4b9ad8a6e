#include "core/cli/surroundings.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include "core/journal/reader.h"
#include "core/model/run_state.h"
#include "core/run/context.h"

namespace stagerun {
namespace {

// The references that begin with this word.
std::vector<const Reference*> references_to(const Pipeline& pipeline, const std::string& word) {
  std::vector<const Reference*> found;
  for (const StageSpec& stage : pipeline.stages) {
    for (const Expression* expression : expressions_of(stage)) {
      for (const Reference* reference : expression->references()) {
        if (reference->path[0] == word) found.push_back(reference);
      }
    }
  }
  return found;
}

// Of the variables that the pipeline lists, and no other.
Value variables(const Pipeline& pipeline) {
  Value found = Value::object();
  for (const std::string& name : pipeline.variables) {
    if (const char* value = std::getenv(name.c_str())) found.set(name, value);
  }
  return found;
}

// Which stages' outputs are asked of which earlier run.
using Wanted = std::map<std::string, std::set<std::string>>;

Wanted wanted_runs(const Pipeline& pipeline) {
  Wanted wanted;
  for (const Reference* reference : references_to(pipeline, "runs")) {
    const auto& path = reference->path;
    if (path.size() > 3) wanted[path[1]].insert(path[3]);
  }
  return wanted;
}

bool has_stages(const RunState& state, const std::set<std::string>& stages) {
  return std::all_of(stages.begin(), stages.end(), [&](const std::string& stage) {
    const StageState& found = state.stage(stage);
    return found.settled && is_success(found.settled->result) && !found.was_not_chosen();
  });
}

Value outputs_of(const RunState& state, const std::set<std::string>& stages) {
  Value found = Value::object();
  for (const std::string& stage : stages) {
    const Value& outputs = state.stage(stage).outputs;
    found.set(stage, Value::object().set("outputs", outputs.is_null() ? Value::object() : outputs));
  }
  return Value::object().set("stages", std::move(found));
}

// The newest that succeeded, was not undone since, and has all these stages.
std::optional<RunState> find_last(const journal::RunStore& store,
                                  const std::set<std::string>& stages,
                                  const std::string& environment) {
  const auto runs = store.runs();
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    const auto contents = journal::read_journal(store.journal_file(*run));
    if (!contents) continue;
    RunState state = fold(contents->events);
    const bool is_good = state.ended == int{exit_succeeded} && !state.rollback;
    const bool is_here = state.started.surroundings.text_or("environment") == environment;
    if (is_good && is_here && has_stages(state, stages)) return state;
  }
  return std::nullopt;
}

std::optional<RunState> find_run(const journal::RunStore& store, const std::string& run) {
  const auto contents = journal::read_journal(store.journal_file(run));
  return contents ? std::optional(fold(contents->events)) : std::nullopt;
}

Value earlier_runs(const Pipeline& pipeline, const journal::RunStore& store) {
  Value found = Value::object();
  for (const auto& [run, stages] : wanted_runs(pipeline)) {
    const auto state =
        run == "last" ? find_last(store, stages, pipeline.environment) : find_run(store, run);
    if (state) found.set(run, outputs_of(*state, stages));
  }
  return found;
}

}  // namespace

Value read_surroundings(const Pipeline& pipeline, const journal::RunStore& store) {
  Value surroundings = Value::object();
  surroundings.set("environment", pipeline.environment);
  surroundings.set("env", variables(pipeline));
  surroundings.set("runs", earlier_runs(pipeline, store));
  return surroundings;
}

void report_unread(const Pipeline& pipeline, Diagnostics& diagnostics) {
  for (const Reference* reference : references_to(pipeline, "git")) {
    diagnostics.push_back({"reference.git", reference->span, "git.* is not read yet",
                           "give it as an input: -i sha=$(git rev-parse HEAD)"});
  }
}

}  // namespace stagerun
