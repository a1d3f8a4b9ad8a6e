// How it works: the file is looked at (its digest taken), judged against `if_digest`, what it is to
// become is written beside it, and then, in one turn, it is made sure that nobody has touched it
// since and the change is made. Whoever is faster is seen, and the file is looked at again. What
// takes long is done in pieces, one a turn of the loop.
#include "core/broker/file_effect.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/files.h"
#include "core/base/linux.h"
#include "core/broker/scratch_file.h"

namespace stagerun {
namespace {

using Kind = FileRequest::Kind;

// Somebody who changes it all the time is not to be outrun.
constexpr int kLooks = 5;

std::string octal(mode_t mode) { return fmt::format("{:o}", static_cast<unsigned>(mode & 07777)); }

}  // namespace

void FileEffect::launch() {
  Result<WorkspaceFile> located = locate(place_, request_.path);
  if (!located) return settle(located.error());
  file_ = *std::move(located);
  settle(look());
}

void FileEffect::turn() {
  timer_ = 0;
  settle(go_on());
}

// What has gone on is taken up again in the next turn.
void FileEffect::settle(const Status& status) {
  if (!status) return fail("file.io", status.error().text);
  if (!ended_) timer_ = place_.loop.after(0, [this] { turn(); });
}

// Only between two turns, and so never between the change and the knowledge of it.
void FileEffect::cancel(bool) {
  place_.loop.cancel(timer_);
  ended_ = true;
  new_file_.reset();
  place_.host.end(cancelled_event(false));
}

void FileEffect::fail(std::string_view code, const std::string& text) {
  ended_ = true;
  new_file_.reset();
  Value event = failed_event(code, fmt::format("{}: {}", request_.path, text), happened_);
  if (code == "file.changed") event.set("digest", before_);
  place_.host.end(std::move(event));
}

void FileEffect::done(const std::string& digest, std::int64_t size, mode_t mode) {
  ended_ = true;
  const bool exists = digest != kAbsent;
  Value event = Value::object().set("event", "done").set("digest", digest);
  if (!is(Kind::look) && !is(Kind::keep)) event.set("before", before_);
  event.set("size", Value(size)).set("mode", exists ? octal(mode) : "");
  place_.host.end(std::move(event));
}

Status FileEffect::look() {
  is_looking_ = true;
  info_.reset();
  before_ = kAbsent;
  if (++looks_ > kLooks) return Error{ErrorCode::busy, "somebody else keeps changing it", ""};
  if (!file_.folder) return judge();
  Fd fd(::openat(file_.folder.get(), file_.name.c_str(),
                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!fd && errno == ENOENT) return judge();
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return errno_error("cannot open it", errno);
  if (!S_ISREG(info.st_mode)) return Error{ErrorCode::surroundings, "it is no plain file", ""};
  info_ = info;
  if (is(Kind::keep)) {
    new_file_.reset();
    TRY_ASSIGN(kept_in_, open_scratch(place_.scratch));
    TRY_ASSIGN(NewFile copy, NewFile::create(kept_in_, request_.keep_as));
    new_file_.emplace(std::move(copy));
  }
  const int copy_to = is(Kind::keep) ? new_file_->fd() : -1;
  copying_ = std::make_unique<Copying>(std::move(fd), info, copy_to);
  return {};
}

Status FileEffect::go_on() {
  const Result<bool> last = copying_->go_on();
  const bool again = !last && is_looking_ && last.error().code == ErrorCode::busy;
  if (again) return look();
  if (!last) return last.error();
  if (!*last) return {};
  (is_looking_ ? before_ : digest_) = copying_->digest();
  if (!is_looking_) size_ = copying_->size();
  copying_.reset();
  return is_looking_ ? judge() : commit();
}

Status FileEffect::judge() {
  const bool absent = before_ == kAbsent;
  if (is(Kind::look)) {
    done(before_, info_ ? info_->st_size : 0, info_ ? info_->st_mode : 0);
  } else if (is(Kind::keep)) {
    if (!absent) return finish_keep();
    fail("file.missing", "there is no such file");
  } else if (before_ != request_.if_digest) {
    fail("file.changed", absent ? "it is not there any more" : "somebody else has changed it");
  } else if (is(Kind::remove) && absent) {
    done(kAbsent, 0, 0);
  } else if (!file_.folder) {
    fail("file.missing", "its folder does not exist");
  } else {
    return is(Kind::write) && !new_file_ ? make_content() : commit();
  }
  return {};
}

Status FileEffect::finish_keep() {
  TRY(new_file_->sync());
  TRY_ASSIGN(const int error, new_file_->put(true));
  if (error != 0) return errno_error("cannot keep it as " + request_.keep_as, error);
  TRY(sync(kept_in_));
  done(before_, info_->st_size, info_->st_mode);
  return {};
}

Status FileEffect::make_content() {
  TRY_ASSIGN(NewFile created, NewFile::create(file_.folder, file_.name));
  new_file_.emplace(std::move(created));
  if (request_.text) {
    TRY(write_all(new_file_->fd(), *request_.text));
    digest_ = sha256_hex(*request_.text);
    size_ = static_cast<std::int64_t>(request_.text->size());
    return commit();
  }
  TRY_ASSIGN(Fd from, open_in_scratch(place_.scratch, request_.from));
  struct stat info {};
  if (::fstat(from.get(), &info) != 0) return errno_error("cannot read what it comes from", errno);
  copying_ = std::make_unique<Copying>(std::move(from), info, new_file_->fd());
  is_looking_ = false;
  return {};
}

Status FileEffect::commit() {
  if (new_file_) {
    TRY(new_file_->set_mode(info_, request_.mode));
    TRY(new_file_->sync());
  }
  if (!is_still_so()) return look();
  if (is(Kind::write)) return put();
  return is(Kind::remove) ? remove() : rename();
}

bool FileEffect::is_still_so() const {
  struct stat now {};
  const bool there =
      ::fstatat(file_.folder.get(), file_.name.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0;
  return there == info_.has_value() && (!there || is_same_state(now, *info_));
}

Status FileEffect::put() {
  TRY_ASSIGN(const mode_t mode, new_file_->mode());
  TRY_ASSIGN(const int error, new_file_->put(info_.has_value()));
  if (error == EEXIST) return look();
  if (error != 0) return errno_error("cannot put it in its place", error);
  TRY(sync(file_.folder));
  done(digest_, size_, mode);
  return {};
}

Status FileEffect::remove() {
  if (::unlinkat(file_.folder.get(), file_.name.c_str(), 0) != 0) {
    return errno_error("cannot remove it", errno);
  }
  TRY(sync(file_.folder));
  done(kAbsent, 0, 0);
  return {};
}

Status FileEffect::rename() {
  TRY_ASSIGN(const WorkspaceFile to, locate(place_, request_.to));
  if (!to.folder) {
    fail("file.missing", "the folder of " + request_.to + " does not exist");
    return {};
  }
  const int error =
      rename_new(file_.folder.get(), file_.name.c_str(), to.folder.get(), to.name.c_str());
  if (error == EEXIST) {
    fail("file.changed", "there is something at " + request_.to);
    return {};
  }
  if (error != 0) return errno_error("cannot rename it to " + request_.to, error);
  TRY(sync(to.folder));
  TRY(sync(file_.folder));
  done(before_, info_->st_size, info_->st_mode);
  return {};
}

// After a change: what was done may be undone by a crash of the machine until this has returned.
Status FileEffect::sync(const Fd& folder) {
  happened_ = !is(Kind::keep);
  if (::fsync(folder.get()) != 0) return errno_error("cannot sync its folder", errno);
  return {};
}

}  // namespace stagerun
