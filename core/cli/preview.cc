#include "core/cli/preview.h"

#include "core/base/files.h"
#include "core/base/temporary_folder.h"
#include "core/base/text.h"
#include "core/broker/broker.h"
#include "core/cli/print.h"

namespace stagerun {
namespace {

// No run, no journal: nothing here may write, so there is nothing to remember.
class NoJournal final : public Journal {
 public:
  Status append(const EventBody&) override { return {}; }
  Status sync() override { return {}; }
};

Look refusal(const Error& error) {
  Look look;
  look.refusals.push_back(error.text);
  return look;
}

}  // namespace

Look preview(Host& host, const Loaded& loaded, bool plan_too) {
  const auto made = TemporaryFolder::make();
  if (!made) return refusal(made.error());
  const TemporaryFolder& folder = *made;
  NoJournal journal;
  Broker broker(host.loop, journal, host.kill_points,
                {folder.path(), -1, own_environment(), loaded.secrets.get(), host.director.get()});
  Console console(stderr, host.arguments.verbosity);
  const LogSink log = [&](const LogLine& line) {
    LogLine masked = line;
    masked.text = loaded.secrets->masked_text(line.text);
    console.on_log(masked);
  };
  const Places places{"preview", loaded.workspace, folder.path(), loaded.secrets->key()};
  const auto scratch = folder.path() / "scratch";
  static_cast<void>(make_folder(scratch));  // where it fails, the stage's own folder says so
  host.link.allow({places.workspace, scratch, loaded.state / "runs"});
  return look_at(host.loop, loaded.plan, places,
                 {journal, broker, host.link, log, loaded.secrets->certain()}, plan_too);
}

std::vector<StageForecast> forecasts(const Look& look) {
  std::vector<StageForecast> list;
  for (const StageLook& stage : look.stages) {
    list.push_back({stage.stage, stage.changes, stage.waits_for});
  }
  return list;
}

int print_look(const Look& look, const Source& source) {
  if (!look.diagnostics.empty()) print_note(render(look.diagnostics, source));
  for (const std::string& text : look.refusals) {
    print_note("stagerun: it cannot be planned: " + printable(text) + "\n");
  }
  for (const std::string& text : look.broken) print_note("stagerun: " + printable(text) + "\n");
  if (!look.broken.empty()) return exit_plugin;
  return look.is_good() ? exit_succeeded : exit_usage;
}

}  // namespace stagerun
