#include "core/journal/run_store.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

#include "core/base/files.h"
#include "core/base/text.h"

namespace stagerun::journal {
namespace {

std::string make_name(const Clock& clock) {
  std::uint16_t random = 0;
  static_cast<void>(::getrandom(&random, sizeof random, 0) == sizeof random);
  std::string name = utc_time(clock.now_ms());
  std::replace(name.begin(), name.end(), ':', '-');
  return fmt::format("{}-{:04x}", name, random);
}

}  // namespace

Result<Fd> RunStore::lock() {
  TRY(make_folder(state_));
  const auto file = state_ / "lock";
  TRY_ASSIGN(Fd fd, open_file(file, O_RDWR | O_CREAT | O_NOFOLLOW));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return errno_error("cannot lock " + file.string(), errno);
  const auto holder = read_file(file, 4096);
  return Error{ErrorCode::busy,
               fmt::format("another run is at work in this folder: {}",
                           holder && !holder->empty() ? *holder : "it has no name yet"),
               "wait until it ends, or stop it with Ctrl-C where it runs"};
}

Status RunStore::name_holder(const Fd& lock, const std::string& run) const {
  const std::string text = fmt::format("{} (process {})", run, ::getpid());
  if (::ftruncate(lock.get(), 0) != 0 || ::pwrite(lock.get(), text.data(), text.size(), 0) < 0) {
    return errno_error("cannot write " + (state_ / "lock").string(), errno);
  }
  return {};
}

Result<std::string> RunStore::create(const Clock& clock) {
  TRY(make_folder(state_ / "runs"));
  std::string run = make_name(clock);
  std::error_code ignored;
  while (std::filesystem::exists(folder(run), ignored)) run = make_name(clock);
  for (const char* part : {"scratch", "log", "services"}) TRY(make_folder(folder(run) / part));
  TRY(sync_folder(state_ / "runs"));
  return run;
}

std::vector<std::string> RunStore::runs() const {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(state_ / "runs", none)) {
    std::error_code ignored;
    if (std::filesystem::exists(entry.path() / "journal", ignored)) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    std::error_code ignored;
    const std::string_view time_a = std::string_view(a).substr(0, a.rfind('-'));
    const std::string_view time_b = std::string_view(b).substr(0, b.rfind('-'));
    if (time_a != time_b) return time_a < time_b;
    return std::filesystem::last_write_time(children_lock(a), ignored) <
           std::filesystem::last_write_time(children_lock(b), ignored);
  });
  return names;
}

Result<std::string> RunStore::find(const std::string& given) const {
  const std::vector<std::string> all = runs();
  if (all.empty()) {
    return Error{ErrorCode::usage, "there is no run in " + state_.string(),
                 "start one with `stagerun run PIPELINE`"};
  }
  if (given.empty()) return all.back();
  std::vector<std::string> matches;
  for (const std::string& name : all) {
    if (name == given) return name;
    if (name.starts_with(given)) matches.push_back(name);
  }
  if (matches.size() == 1) return matches.front();
  return Error{
      ErrorCode::usage,
      fmt::format("{} run is called `{}`", matches.empty() ? "no" : "more than one", given),
      "`stagerun runs` lists them"};
}

}  // namespace stagerun::journal
