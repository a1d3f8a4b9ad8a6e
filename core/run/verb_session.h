// VerbSession: one verb of one stage, from its start to the moment when nothing of it is left: the
// place where worker, broker and journal meet. What the worker says is untrusted and bounded here.
// Loop's thread only.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/mask.h"
#include "core/model/log_line.h"
#include "core/model/ports.h"
#include "core/run/verb_setup.h"

namespace stagerun {

struct VerbOutcome {
  VerbStatus status{};
  Failure failure;
  std::string result;
  Value outputs = Value::object();
  std::vector<std::pair<std::string, Failure>> diagnoses;  // RFC 6901 pointer into `with`, words
};

// What a session works with. All must outlive it.
struct SessionPorts {
  Journal& journal;
  Effects& effects;
  Verbs& verbs;
  const LogSink& log;
  // Secrets that may not stand in anything that a plugin leaves; see SecretStore::certain().
  const Mask& certain;
  Director* director = nullptr;  // of a rehearsal
};

class VerbSession final : public VerbSink, public EffectSink {
 public:
  using Done = std::function<void(VerbOutcome)>;

  // `notes`: of the stage, for read_note; must outlive the session. `done` is called once, when the
  // verb is over and its effects are gone; the session may be destroyed after it returned.
  VerbSession(SessionPorts ports, VerbSetup setup, const std::vector<Bytes>& notes, Done done);

  ~VerbSession() override;
  VerbSession(const VerbSession&) = delete;
  VerbSession& operator=(const VerbSession&) = delete;

  // Journals that the verb began, and begins.
  void start();
  // Tells the plugin and its effects to stop.
  void cancel();
  // Kills the worker and what it started, now.
  void kill();

  // Set once the journal refused a record: what the session says then counts for nothing.
  const std::optional<Error>& journal_error() const { return journal_error_; }

 private:
  void on_log(int level, const std::string& text, const Value& fields) override;
  void on_progress(std::int64_t done, std::int64_t total, const std::string& note) override;
  void on_fail(Failure failure) override;
  void on_diagnose(const std::string& pointer, Failure failure) override;
  void on_set(const std::string& name, const std::string& json) override;
  void on_checkpoint(std::string state) override;
  void on_note(std::string note) override;
  void on_read_note(std::uint64_t index) override;
  void on_start(std::uint32_t ticket, const std::string& kind, const std::string& request) override;
  void on_write(std::uint32_t ticket, const std::string& bytes) override;
  void on_signal(std::uint32_t ticket, int number) override;
  void on_cancel(std::uint32_t ticket) override;
  void on_deadline() override;
  void on_end(VerbEnd end) override;

  void on_effect_event(std::uint32_t ticket, const Value& event, bool last) override;
  void on_effect_log(const std::string& stream, const std::string& line) override;
  bool is_congested() const override;
  void on_journal_lost(const Error& error) override;

  void record(const EventBody& body);
  bool leaks(std::string_view text);
  void misbehave(const std::string& code, const std::string& text);
  void finish_when_quiet();
  void judge_end(const VerbEnd& end);
  bool fails_on_purpose() const;
  std::string who() const;

  SessionPorts ports_;
  VerbSetup setup_;
  const std::vector<Bytes>& notes_;
  Done done_;
  Verbs::Handle handle_ = 0;
  VerbOutcome outcome_;
  std::size_t output_bytes_ = 0;
  bool ended_ = false;       // the worker has nothing more to say
  bool misbehaved_ = false;  // the outcome's failure is ours, not the plugin's
  std::optional<Error> journal_error_;
};

}  // namespace stagerun
