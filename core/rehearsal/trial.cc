#include "core/rehearsal/trial.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/base/linux.h"
#include "core/journal/reader.h"
#include "core/journal/run_store.h"
#include "core/rehearsal/descendants.h"
#include "core/rehearsal/fault.h"
#include "core/rehearsal/script.h"

namespace stagerun::rehearsal {
namespace {

constexpr const char* kBefore = "preview/";

bool is_before_the_run(const EffectIntended& intent) { return intent.key.starts_with(kBefore); }

class Trial {
 public:
  Trial(const Production& production, World& world, const Injection& injection,
        const Watcher& watcher)
      : production_(production), world_(world), injection_(injection), watcher_(watcher) {}

  Result<Facts> run() {
    std::vector<std::string> first = {"run", production_.pipeline, "--yes", "--jobs", "1"};
    first.insert(first.end(), production_.of_run.begin(), production_.of_run.end());
    TRY(perform_one(std::move(first)));
    if (!injection_.then.empty()) {
      facts_.then = injection_.then;
      TRY(perform_one({injection_.then}));
    }
    TRY(look());
    return std::move(facts_);
  }

 private:
  Status perform_one(std::vector<std::string> arguments) {
    SpawnOptions command;
    command.argv = {production_.program};
    command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
    command.argv.insert(command.argv.end(), production_.common.begin(), production_.common.end());
    command.environment = production_.environment;
    command.cwd = world_.root();
    const Cues cues{[this](const EffectIntended& intent) { return direct(intent); },
                    [this](const VerbAsked& verb) { return fails(verb); },
                    [this](const std::string& name) { return made_up_secret(production_, name); },
                    [this](std::int64_t ms) {
                      if (watcher_.passed) watcher_.passed(ms);
                    },
                    [this](std::size_t, const std::string& name) { return kills(name); }};
    TRY_ASSIGN(const Performed performed, perform(command, cues));
    facts_.status = performed.status;
    facts_.output += fmt::format("$ stagerun {}\n{}", fmt::join(arguments, " "), performed.output);
    return {};
  }

  Direction direct(const EffectIntended& intent) {
    Scripted usual = scripted(production_.spec, intent);
    if (watcher_.effect) watcher_.effect(intent, usual.is_unrehearsed);
    const bool is_meant =
        !is_injected_ && !injection_.effect.empty() && injection_.effect == label_of(intent);
    const std::string fault = is_meant ? injection_.fault : "";
    if (intent.access == Access::write && acts(fault)) ++facts_.acted[intent.key];
    if (acts(fault)) make_files(usual.writes, words_of(intent));
    if (!is_meant) return std::move(usual.direction);
    is_injected_ = true;
    if (acts(fault)) facts_.in_doubt.insert(intent.key);
    return with_fault(fault, intent, std::move(usual.direction));
  }

  // What a scripted command is said to make; what cannot be made is missed by whoever needs it.
  void make_files(const std::vector<std::string>& files, const std::string& words) const {
    for (const std::string& file : files) {
      const auto path = world_.root() / file;
      std::error_code none;
      std::filesystem::create_directories(path.parent_path(), none);
      static_cast<void>(replace_file(path, "made in a rehearsal by: " + words + "\n"));
    }
  }

  bool fails(const VerbAsked& verb) {
    if (watcher_.verb_ended_well) watcher_.verb_ended_well(verb);
    return verb.verb == Verb::apply && verb.stage == injection_.failing;
  }

  // What was let through and was not heard of again is done once more where that is harmless.
  bool kills(const std::string& name) {
    if (watcher_.point) watcher_.point(name);
    if (name.starts_with("effect:before:")) under_way_ = name.substr(name.rfind(':') + 1);
    if (++points_ != injection_.kill_at) return false;
    if (!under_way_.empty()) facts_.in_doubt.insert(under_way_);
    return true;
  }

  Status look() {
    const auto state = world_.root() / production_.state;
    journal::RunStore store(state);
    const auto runs = store.runs();
    const std::string run = runs.empty() ? "" : runs.back();
    if (!run.empty()) {
      const auto contents = journal::read_journal(store.journal_file(run));
      if (contents) facts_.state = fold(contents->events);
    }
    for (const Descendant& process : living_descendants()) {
      facts_.processes.push_back(fmt::format("{}", fmt::join(process.argv, " ")));
    }
    TRY(kill_descendants(SystemClock()));
    facts_.lock_is_free = store.lock().has_value();
    TRY_ASSIGN(Fingerprint found, look_at(world_.root(), production_.state));
    facts_.world = run.empty() ? std::move(found) : with_run_named(found, run);
    look_for_secrets(state);
    return {};
  }

  void look_for_secrets(const std::filesystem::path& state) {
    std::error_code none;
    const auto find_in = [&](const std::string& place, const std::string& text) {
      for (const std::string& name : production_.secrets) {
        if (text.find(made_up_secret(production_, name)) == std::string::npos) continue;
        facts_.leaks.push_back(fmt::format("{} in {}", name, place));
      }
    };
    find_in("what stagerun printed", facts_.output);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(state, none)) {
      if (!entry.is_regular_file(none)) continue;
      const auto text = read_file(entry.path(), limits::kRehearsedOutputBytes);
      if (text) find_in(entry.path().lexically_relative(world_.root()).string(), *text);
    }
  }

  const Production& production_;
  World& world_;
  const Injection& injection_;
  const Watcher& watcher_;
  Facts facts_;
  bool is_injected_ = false;
  std::size_t points_ = 0;
  std::string under_way_;
};

}  // namespace

std::string label_of(const EffectIntended& intent) {
  return fmt::format("{}{}/{}/{}", is_before_the_run(intent) ? "plan:" : "", intent.stage,
                     to_string(intent.verb), intent.id);
}

std::string made_up_secret(const Production& production, const std::string& name) {
  const auto given = production.spec.secrets.find(name);
  if (given != production.spec.secrets.end()) return given->second;
  return fmt::format("made-up-{}-{}", name,
                     sha256_hex(fmt::format("{} {}", production.seed, name)).substr(0, 24));
}

Result<Facts> run_trial(const Production& production, World& world, const Injection& injection,
                        const Watcher& watcher) {
  return Trial(production, world, injection, watcher).run();
}

}  // namespace stagerun::rehearsal
