// RunStore: where runs live on this machine, a folder each, and which of them is which.
//
//   .stagerun/lock                 held while a host works here; names the run
//   .stagerun/runs/RUN/journal     docs/journal-format.md
//   .stagerun/runs/RUN/children.lock   shared by the host and every child (ADR 0004)
//   .stagerun/runs/RUN/scratch/STAGE/  where that stage's worker may write
//   .stagerun/runs/RUN/log/STAGE.log   everything the stage said
//   .stagerun/runs/RUN/services/       of processes that outlive their stage
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/result.h"

namespace stagerun::journal {

class RunStore {
 public:
  // `state` is the .stagerun folder; need not exist yet.
  explicit RunStore(std::filesystem::path state) : state_(std::move(state)) {}

  // Takes the folder's lock for as long as the descriptor lives. Busy names the run that holds it.
  Result<Fd> lock();
  // Writes who holds it into the lock file.
  Status name_holder(const Fd& lock, const std::string& run) const;

  // A new run's folder with its sub-folders, named by time and four random digits.
  Result<std::string> create(const Clock& clock);

  // All runs, oldest first.
  std::vector<std::string> runs() const;
  // The run that `given` means: itself, a unique beginning of it, or the latest where it is empty.
  Result<std::string> find(const std::string& given) const;

  std::filesystem::path folder(const std::string& run) const { return state_ / "runs" / run; }
  std::filesystem::path journal_file(const std::string& run) const {
    return folder(run) / "journal";
  }
  std::filesystem::path children_lock(const std::string& run) const {
    return folder(run) / "children.lock";
  }

 private:
  std::filesystem::path state_;
};

}  // namespace stagerun::journal
