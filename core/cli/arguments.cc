#include "core/cli/arguments.h"

#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "core/base/limits.h"
#include "core/base/text.h"
#include "core/model/outcome.h"

namespace stagerun {
namespace {

constexpr const char* kVersion = "stagerun " STAGERUN_VERSION;

// What CLI11 fills before it is checked.
struct Raw {
  Arguments arguments;
  std::vector<std::string> inputs;
  std::vector<std::string> folders;
  std::string state;
  std::string durability = "effect";
  bool quiet = false;
  bool verbose = false;
};

void add_common(CLI::App& command, Raw& raw) {
  command.add_option("--state", raw.state,
                     "where runs are kept: dir:FOLDER; else as the pipeline says, or .stagerun");
  command.add_option("--plugins", raw.folders, "a folder to look for plugins in (repeatable)");
  command.add_flag("-q,--quiet", raw.quiet, "print results and errors only");
  command.add_flag("-v,--verbose", raw.verbose, "print every verb and effect");
  command.add_option("--kill-points", raw.arguments.kill_points)->group("");
  command.add_option("--rehearsal", raw.arguments.rehearsal)->group("");
}

void add_format(CLI::App& command, Raw& raw, const std::vector<std::string>& formats) {
  command.add_option("--format", raw.arguments.format, "the form of what is printed")
      ->check(CLI::IsMember(formats))
      ->capture_default_str();
}

void add_pipeline(CLI::App& command, Raw& raw) {
  command.add_option("PIPELINE", raw.arguments.pipeline, "the pipeline's file, or its folder")
      ->required();
  command.add_option("-i,--input", raw.inputs, "an input as NAME=VALUE (repeatable)");
  command.add_option("--inputs", raw.arguments.inputs_file,
                     "a file that holds them: a JSON object, or TOML where it is named *.toml");
  command.add_option("--environment", raw.arguments.environment,
                     "which of the pipeline's environments");
  auto* from = command.add_option("--from", raw.arguments.choice.from,
                                  "begin here: this stage and all that need it");
  command.add_option("--only", raw.arguments.choice.only, "this stage alone (repeatable)")
      ->allow_extra_args(false)
      ->excludes(from);
  add_common(command, raw);
}

void add_run(CLI::App& command, Raw& raw) {
  command.add_option("RUN", raw.arguments.run,
                     "the run, or the beginning of its name; else the latest");
  add_common(command, raw);
}

void add_run_options(CLI::App& command, Raw& raw) {
  command.add_option("--jobs", raw.arguments.at_once, "stages side by side, where needs allow it")
      ->check(CLI::Range(std::int64_t{1}, limits::kStagesAtOnce))
      ->capture_default_str();
  command
      .add_option("--durability", raw.durability,
                  "sync the journal for each effect, each stage, or at the end of the run")
      ->check(CLI::IsMember({"effect", "stage", "run"}))
      ->capture_default_str();
}

void add_rehearse_options(CLI::App& command, Raw& raw) {
  auto* faults = command
                     .add_option("--faults", raw.arguments.faults,
                                 "what is made to go wrong, one thing in each run")
                     ->check(CLI::IsMember({"none", "stages", "effects", "crashes", "all"}))
                     ->capture_default_str();
  command.add_option("--fault", raw.arguments.fault, "one scenario again, by its name")
      ->excludes(faults);
  command.add_option("--seed", raw.arguments.seed, "what secrets are made up from")
      ->capture_default_str();
  command
      .add_option(
          "--real", raw.arguments.real,
          "programs that run, origins that are asked, for real (repeatable, or with commas)")
      ->delimiter(',');
  command.add_option("-o,--output", raw.arguments.output, "the file to write the result to");
}

void build(CLI::App& app, Raw& raw) {
  app.require_subcommand(1);
  app.set_version_flag("--version", kVersion);
  auto* validate = app.add_subcommand("validate", "find every problem in a pipeline");
  add_pipeline(*validate, raw);
  add_format(*validate, raw, {"text", "json"});
  auto* plan = app.add_subcommand("plan", "say what each stage would change, changing nothing");
  add_pipeline(*plan, raw);
  add_format(*plan, raw, {"text", "json"});
  auto* run = app.add_subcommand("run", "run a pipeline; where it fails, go back");
  add_pipeline(*run, raw);
  add_format(*run, raw, {"text", "jsonl"});
  run->add_flag("-y,--yes", raw.arguments.yes, "do not ask before it starts");
  run->add_flag("--require-rehearsal", raw.arguments.require_rehearsal,
                "only what was rehearsed with all faults, as it is now");
  add_run_options(*run, raw);
  auto* rehearse =
      app.add_subcommand("rehearse", "run it in a copy of the workspace, and have it fail there");
  add_pipeline(*rehearse, raw);
  add_format(*rehearse, raw, {"text", "json", "junit"});
  add_rehearse_options(*rehearse, raw);
  auto* resume = app.add_subcommand("resume", "go on with a run that was killed");
  auto* rollback = app.add_subcommand("rollback", "undo a run, newest stage first");
  auto* to =
      rollback->add_option("--to", raw.arguments.to, "undo what began after this stage; it stands");
  rollback->add_option("--only", raw.arguments.only, "undo this stage alone")->excludes(to);
  for (CLI::App* command : {resume, rollback}) {
    add_run(*command, raw);
    add_format(*command, raw, {"text", "jsonl"});
  }
  auto* runs = app.add_subcommand("runs", "list the runs of this folder");
  add_common(*runs, raw);
  add_format(*runs, raw, {"text", "json"});
  auto* show = app.add_subcommand("show", "show one run");
  add_run(*show, raw);
  add_format(*show, raw, {"text", "json"});
  auto* schema = app.add_subcommand("schema", "print what editors check a pipeline with");
  add_common(*schema, raw);
  schema
      ->add_option(
          "--format", raw.arguments.format,
          "json: a JSON Schema, plugins included (default); markdown: every key in a table")
      ->check(CLI::IsMember({"json", "markdown"}));
  auto* graph = app.add_subcommand("graph", "draw who needs whom");
  add_pipeline(*graph, raw);
  add_format(*graph, raw, {"text", "mermaid", "dot"});
  auto* report = app.add_subcommand("report", "tell a run to people who were not there");
  add_run(*report, raw);
  add_format(*report, raw, {"text", "json", "junit"});
  report->add_option("-o,--output", raw.arguments.output, "the file to write it to");
  auto* plugin = app.add_subcommand("plugin", "look at plugins, begin a new one");
  plugin->require_subcommand(1);
  auto* list = plugin->add_subcommand("list", "list the plugins that can be found");
  auto* show_plugin = plugin->add_subcommand("show", "show what a plugin offers");
  show_plugin->add_option("PLUGIN", raw.arguments.plugin, "its name, or its file")->required();
  for (CLI::App* command : {list, show_plugin}) {
    add_common(*command, raw);
    add_format(*command, raw, {"text", "json"});
  }
  auto* create = plugin->add_subcommand("new", "write a project for a plugin of your own");
  create->add_option("NAME", raw.arguments.plugin, "MODULE.STAGE, as pipelines will use it")
      ->required();
  create
      ->add_option("--into", raw.arguments.into,
                   "the folder to write it to, new or empty; else MODULE")
      ->check([](const std::string& folder) {
        return folder.empty() ? std::string("a folder's name is missing") : std::string();
      });
}

std::string chosen_command(const CLI::App& app) {
  std::string name;
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    name += (name.empty() ? "" : " ") + at->get_name();
  }
  return name;
}

// The deepest command that was recognised.
const CLI::App& deepest(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

// "--from" of those that `command` takes, as far as they are shown.
std::vector<std::string> options_of(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_group().empty() && !option->get_lnames().empty()) {
      names.push_back("--" + option->get_lnames().front());
    }
  }
  return names;
}

struct Refusal {
  std::string problem;
  std::string hint;  // may be empty
};

// `words`: what nothing was found for, as it was written after `command`.
Refusal unknown_word(const CLI::App& command, const std::vector<std::string>& words,
                     const std::string& chosen) {
  const std::string word = words.empty() ? "" : words.front();
  std::vector<std::string> commands;
  for (const CLI::App* one : command.get_subcommands({})) commands.push_back(one->get_name());
  if (word.starts_with('-')) {
    const auto meant = nearest(word, options_of(command));
    return {fmt::format("`{}` has no option `{}`", chosen, printable(word)),
            meant ? fmt::format("did you mean `{}`?", *meant) : ""};
  }
  if (commands.empty()) {
    return {fmt::format("`{}` does not know what to do with `{}`", chosen, printable(word)), ""};
  }
  if (word.empty()) return {"a command is missing", suggestion("", commands)};
  return {fmt::format("`{}` has no command `{}`", chosen, printable(word)),
          suggestion(word, commands)};
}

// What is wrong, and what to do next. `app` has parsed as far as it could.
std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  const std::string chosen = "stagerun " + chosen_command(app);
  const std::string name = chosen.substr(0, chosen.find_last_not_of(' ') + 1);
  const CLI::App& command = deepest(app);
  const bool wants_command = !command.get_subcommands({}).empty();
  const bool is_unknown =
      wants_command || error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  const Refusal refusal =
      is_unknown ? unknown_word(command, command.remaining(), name) : Refusal{error.what(), ""};
  return refusal.problem + "\n" + (refusal.hint.empty() ? "" : "  " + refusal.hint + "\n") + "  `" +
         name + " --help` says how it is used";
}

int refuse(const std::string& text) {
  std::fprintf(stderr, "stagerun: %s\n", text.c_str());
  return exit_usage;
}

std::variant<Arguments, int> check(Raw raw) {
  Arguments arguments = std::move(raw.arguments);
  for (const std::string& input : raw.inputs) {
    const std::size_t equals = input.find('=');
    if (equals == std::string::npos || equals == 0) {
      return refuse("-i wants NAME=VALUE and was given `" + input + "`");
    }
    arguments.inputs[input.substr(0, equals)] = input.substr(equals + 1);
  }
  if (!raw.state.empty()) {
    if (!raw.state.starts_with("dir:") || raw.state.size() == 4) {
      return refuse("--state wants dir:FOLDER and was given `" + raw.state + "`");
    }
    arguments.state = raw.state.substr(4);
  }
  if (raw.durability == "stage") arguments.durability = Durability::stage;
  if (raw.durability == "run") arguments.durability = Durability::run;
  arguments.plugin_folders.assign(raw.folders.begin(), raw.folders.end());
  if (raw.quiet) arguments.verbosity = Verbosity::quiet;
  if (raw.verbose) arguments.verbosity = Verbosity::verbose;
  return arguments;
}

}  // namespace

std::variant<Arguments, int> parse_arguments(int argc, char** argv) {
  // Asked alone, as scripts do, it needs none of the tables below.
  if (argc == 2 && std::string_view(argv[1]) == "--version") {
    std::puts(kVersion);
    return int{exit_succeeded};
  }
  CLI::App app("Runs go-live runbooks that can be planned, resumed and undone.", "stagerun");
  Raw raw;
  build(app, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool asked = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success);
    if (!asked) return refuse(explain(app, error));
    app.exit(error);
    return int{exit_succeeded};
  }
  raw.arguments.command = chosen_command(app);
  return check(std::move(raw));
}

}  // namespace stagerun
