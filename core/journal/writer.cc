#include "core/journal/writer.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include "core/base/files.h"
#include "core/base/limits.h"
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

// Where the file system cannot reserve, writes simply grow the file.
Status Writer::reserve(std::size_t bytes) {
  while (reserved_ < bytes) {
    const int reserved = ::fallocate(fd_.get(), 0, static_cast<off_t>(reserved_),
                                     static_cast<off_t>(limits::kJournalStep));
    if (reserved != 0 && errno == ENOSPC) return errno_error("cannot write the journal", errno);
    reserved_ += limits::kJournalStep;
  }
  return {};
}

Status Writer::flush() {
  if (!broken_) return broken_;
  if (buffer_.empty()) return {};
  kill_points_.reach("journal:before_write");
  broken_ = reserve(end_ + buffer_.size());
  std::size_t written = 0;
  while (broken_ && written < buffer_.size()) {
    const ssize_t count = ::pwrite(fd_.get(), buffer_.data() + written, buffer_.size() - written,
                                   static_cast<off_t>(end_ + written));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      broken_ = errno_error("cannot write the journal", errno);
    } else {
      written += static_cast<std::size_t>(count);
    }
  }
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
  if (::fdatasync(fd_.get()) != 0) {
    broken_ = errno_error("cannot sync the journal", errno);
    return broken_;
  }
  synced_ = true;
  kill_points_.reach("journal:after_sync");
  return {};
}

}  // namespace stagerun::journal
