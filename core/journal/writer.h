// Writes a run's journal. One writer a run: the run's lock sees to it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/kill_points.h"
#include "core/journal/reader.h"
#include "core/model/ports.h"

namespace stagerun::journal {

class Writer final : public Journal {
 public:
  // Starts a new journal; the file must not exist. `clock` must outlive the writer.
  static Result<std::unique_ptr<Writer>> create(const std::filesystem::path& file,
                                                const Clock& clock, KillPoints kill_points);

  // Goes on after what was read; cuts the torn end off first.
  static Result<std::unique_ptr<Writer>> reopen(const std::filesystem::path& file,
                                                const Contents& contents, const Clock& clock,
                                                KillPoints kill_points);

  // Gives back the space that was reserved but not used.
  ~Writer() override;

  // Sees each event as it is appended, for the fold and the reports.
  void observe(std::function<void(const RunEvent&)> observer) { observer_ = std::move(observer); }

  // Keeps the record in memory until flush() or sync(). Errors are sticky: once a write failed,
  // everything after it fails too, so that nothing acts on what is not on disk.
  Status append(const EventBody& body) override;
  Status sync() override;

  // Hands what was appended to the kernel: it survives our death, not the machine's.
  Status flush();

 private:
  Writer(Fd fd, const Contents& contents, const Clock& clock, KillPoints kill_points);
  Status reserve(std::size_t bytes);
  Status write_at(std::size_t place, std::string_view bytes);

  Fd fd_;
  const Clock& clock_;
  KillPoints kill_points_;
  std::function<void(const RunEvent&)> observer_;
  std::string buffer_;
  std::string crc_;
  std::uint64_t sequence_ = 0;
  std::size_t end_ = 0;       // where the next write goes
  std::size_t reserved_ = 0;  // the file's size on disk
  bool synced_ = true;
  Status broken_;
};

}  // namespace stagerun::journal
