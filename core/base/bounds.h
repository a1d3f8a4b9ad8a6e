// Bounds: the folders that a worker works in. The host tells them, the worker keeps to them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <sys/types.h>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace stagerun {

// All absolute, links resolved; or empty: a worker that only says what its plugin offers has no
// workspace and may write nowhere.
struct Bounds {
  std::filesystem::path workspace;  // may be read, but for what lies under `runs`
  std::filesystem::path scratch;    // may be written
  std::filesystem::path runs;       // where journals are; may lie inside the workspace

  friend bool operator==(const Bounds&, const Bounds&) = default;
};

struct Part {
  std::filesystem::path path;
  ino_t inode = 0;

  friend bool operator==(const Part&, const Part&) = default;
};

// What a worker may read of its workspace: all of it in one part where `runs` lies elsewhere; else
// what stands beside the way to it, sorted. What is made beside that way later, or in the place of
// what stood there, is in none of these parts.
Result<std::vector<Part>> readable_parts(const Bounds& bounds);

// The folders from the workspace down to `runs`, of which only the names in them are for everybody;
// none where `runs` lies elsewhere. Pure.
std::vector<std::filesystem::path> way_to_runs(const Bounds& bounds);

// Asks for readable_parts() time and again, and reads folders only where they may have changed.
class PartsWatch {
 public:
  using Parts = std::shared_ptr<const std::vector<Part>>;

  // `clock` must outlive this.
  PartsWatch(Bounds bounds, const Clock& clock);

  // What they are now: the same object as before where nothing was read again.
  Result<Parts> look();

 private:
  // What a folder on the way looks like from outside; zeros where there is none.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    std::int64_t changed_s = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  static Stamp stamp_of(const std::filesystem::path& folder);
  bool is_settled() const;

  Bounds bounds_;
  const Clock& clock_;
  std::vector<std::filesystem::path> way_;
  std::vector<Stamp> stamps_;
  std::int64_t stamped_ms_ = 0;  // when these stamps were first seen
  std::int64_t read_ms_ = 0;
  Parts parts_;  // null before the first look
};

}  // namespace stagerun
