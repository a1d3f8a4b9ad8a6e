#include "core/rehearsal/trial.h"

#include <algorithm>
#include <poll.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/base/json.h"
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
    if (waits_for_something_real(intent, usual)) usual.direction = {};
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

  // A server that is real needs real time: who asks it again and again gets some of that, in all
  // as much as such a server needs to start. Then time passes at once, as everywhere.
  bool waits_for_something_real(const EffectIntended& intent, const Scripted& usual) {
    if (intent.kind == "http/1" && usual.direction.happens) asks_real_ = intent.stage;
    if (intent.kind != "timer/1" || asks_real_ != intent.stage) return false;
    waited_ms_ += usual.direction.takes_ms;
    return waited_ms_ <= limits::kRehearsedPatience;
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
    for (const Descendant& process : after_workers()) {
      facts_.processes.push_back(fmt::format("{}", fmt::join(process.argv, " ")));
    }
    TRY(kill_descendants(SystemClock()));
    facts_.lock_is_free = store.lock().has_value();
    TRY_ASSIGN(Fingerprint found, look_at(world_.root(), production_.state));
    facts_.world = run.empty() ? std::move(found) : with_run_named(found, run);
    look_for_secrets(state);
    return {};
  }

  // Who lives once the last host's workers have noticed that it is gone.
  static std::vector<Descendant> after_workers() {
    const SystemClock clock;
    const std::int64_t end = clock.monotonic_ms() + limits::kTermGrace;
    for (;;) {
      auto living = living_descendants();
      const bool has_worker =
          std::any_of(living.begin(), living.end(), [](const Descendant& process) {
            return !process.argv.empty() && process.argv.front().ends_with("/stagerun-worker");
          });
      if (!has_worker || clock.monotonic_ms() > end) return living;
      ::poll(nullptr, 0, 2);
    }
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
      auto text = read_file(entry.path(), limits::kRehearsedOutputBytes);
      if (text) leave_out(render_json(Value(facts_.state.started.pipeline_text)), *text);
      if (text) find_in(entry.path().lexically_relative(world_.root()).string(), *text);
    }
  }

  // The journal holds the pipeline's own text, where what is made up may stand.
  static void leave_out(const std::string& words, std::string& text) {
    const std::size_t at = text.find(words);
    if (at != std::string::npos) text.erase(at, words.size());
  }

  const Production& production_;
  World& world_;
  const Injection& injection_;
  const Watcher& watcher_;
  Facts facts_;
  bool is_injected_ = false;
  std::size_t points_ = 0;
  std::string under_way_;
  std::string asks_real_;  // the last stage that asked a server that is real
  std::int64_t waited_ms_ = 0;
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
