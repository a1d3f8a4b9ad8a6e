#include "core/journal/writer.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "core/base/files.h"
#include "core/base/limits.h"
#include "core/base/linux.h"
#include "core/journal/record.h"

namespace stagerun::journal {

Result<std::unique_ptr<Writer>> Writer::create(const std::filesystem::path& file,
                                               const Clock& clock, KillPoints kill_points) {
  TRY_ASSIGN(Fd fd, open_file(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW));
  Contents empty;
  empty.crc = kFirstCrc;
  std::unique_ptr<Writer> writer(new Writer(std::move(fd), empty, clock, kill_points));
  writer->buffer_ = kHeader;
  TRY(writer->sync());
  TRY(sync_folder(file.parent_path()));
  return writer;
}

Result<std::unique_ptr<Writer>> Writer::reopen(const std::filesystem::path& file,
                                               const Contents& contents, const Clock& clock,
                                               KillPoints kill_points) {
  TRY_ASSIGN(Fd fd, open_file(file, O_WRONLY | O_NOFOLLOW));
  if (::ftruncate(fd.get(), static_cast<off_t>(contents.bytes)) != 0) {
    return errno_error("cannot cut the journal's torn end", errno);
  }
  std::unique_ptr<Writer> writer(new Writer(std::move(fd), contents, clock, kill_points));
  if (contents.bytes == 0) writer->buffer_ = kHeader;
  writer->synced_ = false;  // what we read may have been in the page cache only
  return writer;
}

Writer::Writer(Fd fd, const Contents& contents, const Clock& clock, KillPoints kill_points)
    : fd_(std::move(fd)),
      clock_(clock),
      kill_points_(kill_points),
      crc_(contents.crc),
      sequence_(contents.sequence),
      end_(contents.bytes),
      reserved_(contents.bytes) {}

Writer::~Writer() {
  if (flush()) static_cast<void>(::ftruncate(fd_.get(), static_cast<off_t>(end_)) == 0);
}

Status Writer::append(const EventBody& body) {
  if (!broken_) return broken_;
  const RunEvent event{clock_.now_ms(), body};
  buffer_ += encode_record(event, ++sequence_, crc_);
  if (observer_) observer_(event);
  return {};
}

// Zeros that are really there: writing over them changes neither the file's size nor its extents,
// so that a sync has nothing but the records to write. (Space that is only reserved, by fallocate,
// must be marked as written when it is, which a file system's own journal has to hold.)
Status Writer::reserve(std::size_t bytes) {
  static constexpr std::array<char, limits::kJournalStep> kZeros{};
  while (reserved_ < bytes) {
    TRY(write_at(reserved_, {kZeros.data(), kZeros.size()}));
    reserved_ += kZeros.size();
  }
  return {};
}

Status Writer::write_at(std::size_t place, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(place));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_error("cannot write the journal", errno);
    place += static_cast<std::size_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Status Writer::flush() {
  if (!broken_) return broken_;
  if (buffer_.empty()) return {};
  kill_points_.reach("journal:before_write");
  broken_ = reserve(end_ + buffer_.size());
  if (broken_) broken_ = write_at(end_, buffer_);
  if (!broken_) return broken_;
  end_ += buffer_.size();
  buffer_.clear();
  synced_ = false;
  kill_points_.reach("journal:after_write");
  return {};
}

Status Writer::sync() {
  TRY(flush());
  if (synced_) return {};
  // Submitted first, and only then waited for: the disk is at work while the kernel still prepares
  // the wait (an eighth less for a record; measured on ext4). The promise is fdatasync's alone.
  start_writeback(fd_.get(), 0, 0);
  if (::fdatasync(fd_.get()) != 0) {
    broken_ = errno_error("cannot sync the journal", errno);
    return broken_;
  }
  synced_ = true;
  kill_points_.reach("journal:after_sync");
  return {};
}

}  // namespace stagerun::journal
