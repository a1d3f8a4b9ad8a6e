#include "core/cli/run_journal.h"

namespace stagerun {
namespace {

// Names (of stages, effects, keys) stay as they are, or nothing could be found again. What a plugin
// left in bytes was looked at before (VerbSession), and must not be changed.
class Masker {
 public:
  explicit Masker(const SecretStore& secrets) : secrets_(secrets) {}

  void operator()(VerbEnded& event) const {
    apply(event.failure.text);
    apply(event.failure.hint);
  }
  void operator()(EffectIntended& event) const {
    apply(event.purpose);
    event.request = secrets_.masked(event.request);
  }
  void operator()(EffectSettled& event) const { event.outcome = secrets_.masked(event.outcome); }
  void operator()(StageSettled& event) const { apply(event.reason); }
  void operator()(RollbackStarted& event) const { apply(event.reason); }
  void operator()(StageRolledBack& event) const { apply(event.reason); }
  void operator()(auto&) const {}

 private:
  void apply(std::string& text) const { text = secrets_.masked_text(text); }

  const SecretStore& secrets_;
};

}  // namespace

bool RunJournal::is_milestone(const EventBody& body) const {
  if (std::holds_alternative<RunEnded>(body)) return true;
  return durability_ == Durability::stage && (std::holds_alternative<StageSettled>(body) ||
                                              std::holds_alternative<RollbackStarted>(body) ||
                                              std::holds_alternative<StageRolledBack>(body));
}

Status RunJournal::append(const EventBody& body) {
  if (secrets_.mask().is_empty()) {
    TRY(writer_.append(body));
  } else {
    EventBody masked = body;
    std::visit(Masker(secrets_), masked);
    TRY(writer_.append(masked));
  }
  return is_milestone(body) ? writer_.sync() : Status();
}

// What is handed to the kernel survives us.
Status RunJournal::sync() {
  return durability_ == Durability::effect ? writer_.sync() : writer_.flush();
}

}  // namespace stagerun
