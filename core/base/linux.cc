#include "core/base/linux.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <limits>
#include <memory>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stagerun {
namespace {

struct StatLine {
  char state = 0;
  std::uint64_t parent = 0;
  std::uint64_t threads = 0;
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
// proc(5): the state is the third field, the parent the fourth, the number of threads the
// twentieth, the start time the twenty-second.
std::optional<StatLine> read_stat(pid_t pid) {
  const std::string line = read_proc("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t command_end = line.rfind(')');
  if (command_end == std::string::npos || command_end + 2 >= line.size()) return std::nullopt;
  StatLine stat;
  std::size_t at = command_end + 2;
  stat.state = line[at];
  const char* const end = line.data() + line.size();
  for (int field = 4; field <= 22; ++field) {
    at = line.find(' ', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
    std::uint64_t* const wanted = field == 4    ? &stat.parent
                                  : field == 20 ? &stat.threads
                                  : field == 22 ? &stat.start_ticks
                                                : nullptr;
    if (wanted == nullptr) continue;
    if (std::from_chars(line.data() + at, end, *wanted).ec != std::errc()) return std::nullopt;
  }
  return stat;
}

// A process whose first thread has ended looks like a zombie while its other threads run.
bool is_zombie(const StatLine& stat) {
  return (stat.state == 'Z' && stat.threads <= 1) || stat.state == 'X';
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

std::optional<pid_t> pid_of(std::string_view name) {
  pid_t pid = 0;
  const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || stop != name.data() + name.size()) return std::nullopt;
  return pid;
}

// Where two files are on file systems that know nothing of each other.
int copy_by_hand(int from, int to) {
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t count = ::read(from, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count == 0 ? 0 : errno;
    for (ssize_t done = 0; done < count;) {
      const ssize_t written = ::write(to, buffer + done, static_cast<std::size_t>(count - done));
      if (written < 0 && errno != EINTR) return errno;
      if (written > 0) done += written;
    }
  }
}

}  // namespace

Fd open_pidfd(pid_t pid) { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

std::optional<ProcessId> identify(pid_t pid) {
  const auto stat = read_stat(pid);
  if (!stat || is_zombie(*stat)) return std::nullopt;
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
    const auto pid = pid_of(entry->d_name);
    if (!pid || *pid == ::getpid() || !has_locked(*pid, wanted)) continue;
    if (const auto process = identify(*pid)) holders.push_back(*process);
  }
  return holders;
}

std::vector<ProcessRow> all_processes() {
  std::vector<ProcessRow> rows;
  const Dir dir = open_dir("/proc");
  if (!dir) return rows;
  while (const dirent* entry = ::readdir(dir.get())) {
    const auto pid = pid_of(entry->d_name);
    const auto stat = pid ? read_stat(*pid) : std::nullopt;
    if (!stat) continue;
    rows.push_back({{*pid, stat->start_ticks}, static_cast<pid_t>(stat->parent), is_zombie(*stat)});
  }
  return rows;
}

std::vector<std::string> arguments_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

bool signal_one(const ProcessId& process, int signal) {
  const Fd pidfd = open_pidfd(process.pid);
  if (!pidfd || !is_running(process)) return false;
  return ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) == 0;
}

int adopt_orphans() { return ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 ? 0 : errno; }

int copy_rest(int from, int to) {
  constexpr std::size_t kMost = std::numeric_limits<int>::max();
  for (bool is_first = true;; is_first = false) {
    const ssize_t count = ::copy_file_range(from, nullptr, to, nullptr, kMost, 0);
    if (count < 0 && errno == EINTR) continue;
    // Some file systems (proc(5) is one) copy nothing and say no word.
    if (count <= 0 && is_first) return copy_by_hand(from, to);
    if (count <= 0) return count == 0 ? 0 : errno;
  }
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
