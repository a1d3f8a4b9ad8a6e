// Calls that only Linux has, together in one place for whoever ports stagerun one day.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/base/fd.h"

namespace stagerun {

// One process, safe against reuse of its pid: the start time is the kernel's, in clock ticks since
// boot (proc(5), stat, field 22).
struct ProcessId {
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;

  friend bool operator==(const ProcessId&, const ProcessId&) = default;
};

// A descriptor that becomes readable when the process ends; empty where it is gone already.
Fd open_pidfd(pid_t pid);

// Nothing where there is no such process (or it is a zombie).
std::optional<ProcessId> identify(pid_t pid);

// True while that very process runs; a zombie does not run.
bool is_running(const ProcessId& process);

// Identifies this boot of the machine: a pid journaled before a reboot means nothing after it.
std::string boot_id();

// Every process but this one that holds a flock on `file`, its own or an inherited one, by looking
// through /proc. Who merely reads the file is none of them.
std::vector<ProcessId> holders_of(const std::filesystem::path& file);

// Sends a signal to the process' whole group, if it is still that very process and leads its group;
// else to the process alone. Never to our own group.
void signal_group(const ProcessId& process, int signal);

// A process as /proc shows it, however it got there.
struct ProcessRow {
  ProcessId id;
  pid_t parent = 0;
  bool is_over = false;  // a zombie: its parent has not asked for it yet
};

// All that can be seen from here. No snapshot: processes come and go while it is taken.
std::vector<ProcessRow> all_processes();

// Its argv as it is now; empty of a zombie, of one that is gone, of another user's.
std::vector<std::string> arguments_of(pid_t pid);

// Sends the signal to that very process alone, and never to one that has its pid after it. False
// where it is gone, or is not ours to signal.
bool signal_one(const ProcessId& process, int signal);

// From now on, whoever loses its parent among our descendants becomes our child. 0, or an errno.
int adopt_orphans();

// Copies from where `from` stands to its end, in the kernel, sharing the blocks where the file
// system can. 0, or an errno.
int copy_rest(int from, int to);

// Renames within or between open folders, never over anything; where something stands, EEXIST. 0,
// or an errno. A file system that cannot do this at once is asked first, then told.
int rename_new(int from_folder, const char* from, int to_folder, const char* to);

// Has the kernel begin to write these bytes to disk, so that a later fsync has less to wait for.
// A size of 0: all that follows `offset`.
void start_writeback(int fd, std::int64_t offset, std::int64_t size);

}  // namespace stagerun
