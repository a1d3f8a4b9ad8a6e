#include "core/base/linux.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stagerun {
namespace {

struct StatLine {
  char state = 0;
  std::uint64_t start_ticks = 0;
};

// A file of /proc that is short and has no size; "" where it cannot be read.
std::string read_proc(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[4096];
  const ssize_t count = file ? ::read(file.get(), buffer, sizeof buffer) : 0;
  return count > 0 ? std::string(buffer, static_cast<std::size_t>(count)) : "";
}

// The command in parentheses may hold anything, spaces and parentheses too: read from the last ')'.
// proc(5): the state is the third field, the start time the twenty-second.
std::optional<StatLine> read_stat(pid_t pid) {
  const std::string line = read_proc("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t command_end = line.rfind(')');
  if (command_end == std::string::npos || command_end + 2 >= line.size()) return std::nullopt;
  std::size_t at = command_end + 2;
  StatLine stat;
  stat.state = line[at];
  for (int field = 3; field < 22 && at != std::string::npos; ++field) {
    at = line.find(' ', at);
    if (at != std::string::npos) ++at;
  }
  if (at == std::string::npos) return std::nullopt;
  const char* end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data() + at, end, stat.start_ticks);
  if (error != std::errc() || stop == line.data() + at) return std::nullopt;
  return stat;
}

using Dir = std::unique_ptr<DIR, int (*)(DIR*)>;

Dir open_dir(const std::string& path) { return Dir(::opendir(path.c_str()), ::closedir); }

// The kernel lists the locks of an open file with each descriptor that shares it.
bool holds_flock(pid_t pid, const char* descriptor) {
  std::ifstream info("/proc/" + std::to_string(pid) + "/fdinfo/" + descriptor);
  std::string line;
  while (std::getline(info, line)) {
    if (line.starts_with("lock:") && line.find("FLOCK") != std::string::npos) return true;
  }
  return false;
}

bool has_locked(pid_t pid, const struct stat& wanted) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  const Dir dir = open_dir(folder);
  if (!dir) return false;
  while (const dirent* entry = ::readdir(dir.get())) {
    struct stat info {};
    if (::stat((folder + "/" + entry->d_name).c_str(), &info) != 0) continue;
    const bool same = info.st_dev == wanted.st_dev && info.st_ino == wanted.st_ino;
    if (same && holds_flock(pid, entry->d_name)) return true;
  }
  return false;
}

}  // namespace

Fd open_pidfd(pid_t pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

std::optional<ProcessId> identify(pid_t pid) {
  const auto stat = read_stat(pid);
  if (!stat || stat->state == 'Z' || stat->state == 'X') return std::nullopt;
  return ProcessId{pid, stat->start_ticks};
}

bool is_running(const ProcessId& process) { return identify(process.pid) == process; }

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

std::vector<ProcessId> holders_of(const std::filesystem::path& file) {
  std::vector<ProcessId> holders;
  struct stat wanted {};
  if (::stat(file.c_str(), &wanted) != 0) return holders;
  const Dir dir = open_dir("/proc");
  if (!dir) return holders;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || stop != name.data() + name.size() || pid == ::getpid()) continue;
    if (!has_locked(pid, wanted)) continue;
    if (const auto process = identify(pid)) holders.push_back(*process);
  }
  return holders;
}

int rename_new(int from_folder, const char* from, int to_folder, const char* to) {
  if (::renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  struct stat info {};
  if (::fstatat(to_folder, to, &info, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
  if (errno != ENOENT) return errno;
  return ::renameat(from_folder, from, to_folder, to) == 0 ? 0 : errno;
}

void start_writeback(int fd, std::int64_t offset, std::int64_t size) {
  static_cast<void>(::sync_file_range(fd, offset, size, SYNC_FILE_RANGE_WRITE));
}

void signal_group(const ProcessId& process, int signal) {
  if (!is_running(process)) return;
  const bool leads = ::getpgid(process.pid) == process.pid && process.pid != ::getpgrp();
  ::kill(leads ? -process.pid : process.pid, signal);
}

}  // namespace stagerun
