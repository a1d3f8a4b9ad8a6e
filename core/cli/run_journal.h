// RunJournal: what the rooms of a run write to. No secret gets past it into the journal, and so
// into no report; and it syncs as often as was asked for.
#pragma once

#include "core/broker/secret_store.h"
#include "core/journal/writer.h"
#include "core/model/ports.h"

namespace stagerun {

// After what the journal is synced: what is older survives the machine's death. The host's own
// death loses nothing with any of them.
enum class Durability { effect, stage, run };

class RunJournal final : public Journal {
 public:
  // Both must outlive this.
  RunJournal(journal::Writer& writer, const SecretStore& secrets, Durability durability)
      : writer_(writer), secrets_(secrets), durability_(durability) {}

  Status append(const EventBody& body) override;
  Status sync() override;

 private:
  bool is_milestone(const EventBody& body) const;

  journal::Writer& writer_;
  const SecretStore& secrets_;
  Durability durability_;
};

}  // namespace stagerun
