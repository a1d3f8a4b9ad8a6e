#include "core/cli/surroundings.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/guard/git.h"
#include "core/journal/reader.h"
#include "core/journal/run_store.h"
#include "core/model/run_state.h"
#include "core/plan/evaluate.h"
#include "core/plan/resolve.h"
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

void set_present(Value& object, const char* name, const auto& value) {
  if (value) object.set(name, *value);
}

Value git_value(const GitFacts& facts) {
  Value git = Value::object();
  set_present(git, "sha", facts.sha);
  set_present(git, "branch", facts.branch);
  set_present(git, "tag", facts.tag);
  set_present(git, "dirty", facts.dirty);
  return git;
}

// Nothing where no expression asks, and then libgit2 is not loaded.
Result<Value> git_facts(const Pipeline& pipeline, GitQuestion question, Diagnostics& diagnostics) {
  const auto references = references_to(pipeline, "git");
  if (references.empty()) return Value();
  for (const Reference* reference : references) {
    if (reference->path[1] == "tag") question.tag = true;
    if (reference->path[1] == "dirty") question.dirty = true;
  }
  TRY_ASSIGN(const auto git, open_git());
  auto answer = git->read(question);
  if (const GitFacts* facts = std::get_if<GitFacts>(&answer)) return git_value(*facts);
  auto& problem = std::get<Diagnostic>(answer);
  problem.span = references.front()->span;
  diagnostics.push_back(std::move(problem));
  return Value::object();
}

// Why there is none.
std::string reason_of(const std::vector<std::string>& path) {
  const std::string& name = path[1];
  if (path[0] == "env") return "the variable is not set";
  if (path[0] == "runs") return "no such run ended well and has set it";
  if (name == "sha") return "the branch has no commit yet";
  if (name == "branch") return "no branch is checked out (HEAD is detached)";
  if (name == "tag") return "no tag leads to the commit that is checked out";
  return "a bare repository has no files";
}

bool is_surrounding(const Reference& reference) {
  const std::string& root = reference.path[0];
  return root == "env" || root == "git" || root == "runs";
}

}  // namespace

Result<Value> read_surroundings(const Pipeline& pipeline, const std::filesystem::path& workspace,
                                const std::filesystem::path& state, Diagnostics& diagnostics) {
  Value surroundings = Value::object();
  surroundings.set("environment", pipeline.environment);
  surroundings.set("env", variables(pipeline));
  surroundings.set("runs", earlier_runs(pipeline, journal::RunStore(state)));
  GitQuestion question;
  question.workspace = workspace;
  question.state = std::filesystem::absolute(state);
  TRY_ASSIGN(Value git, git_facts(pipeline, std::move(question), diagnostics));
  if (!git.is_null()) surroundings.set("git", std::move(git));
  return surroundings;
}

void check_surroundings(const Plan& plan, Diagnostics& diagnostics) {
  const Value context = context_of(plan);
  for (const PlannedStage& stage : plan.stages) {
    const Condition condition = evaluate_condition(stage.spec, context);
    if (!stage.is_chosen || condition.answer != Condition::Answer::holds) continue;
    for (const Reference& reference : resolve(stage.spec, context).missing) {
      if (!is_surrounding(reference)) continue;
      const std::string name = fmt::format("{}", fmt::join(reference.path, "."));
      diagnostics.push_back({"reference.no_value", reference.span,
                             fmt::format("`{}` has no value: {}", name, reason_of(reference.path)),
                             fmt::format("write default({}, ...) if it can do without", name)});
    }
  }
}

}  // namespace stagerun
