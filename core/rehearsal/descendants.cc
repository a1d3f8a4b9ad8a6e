#include "core/rehearsal/descendants.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <map>
#include <poll.h>
#include <set>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "core/base/text.h"

namespace stagerun::rehearsal {
namespace {

// By walking down from us: a parent is seen before or after its children.
std::vector<ProcessId> find_living() {
  std::multimap<pid_t, ProcessRow> children;
  for (const ProcessRow& row : all_processes()) children.emplace(row.parent, row);
  std::vector<ProcessId> found;
  std::vector<pid_t> next = {::getpid()};
  while (!next.empty()) {
    const auto [begin, end] = children.equal_range(next.back());
    next.pop_back();
    for (auto it = begin; it != end; ++it) {
      next.push_back(it->second.id.pid);
      if (!it->second.is_over) found.push_back(it->second.id);
    }
  }
  std::sort(found.begin(), found.end(),
            [](const ProcessId& a, const ProcessId& b) { return a.pid < b.pid; });
  return found;
}

bool is_over(const Clock& clock, std::int64_t deadline) { return clock.monotonic_ms() >= deadline; }

// Who is stopped starts nobody; so once a look finds no newcomer, all of them are held.
void stop_all(const Clock& clock, std::int64_t deadline) {
  std::set<std::pair<pid_t, std::uint64_t>> told;
  for (bool is_news = true; is_news && !is_over(clock, deadline);) {
    is_news = false;
    for (const ProcessId& process : find_living()) {
      const bool is_new = told.emplace(process.pid, process.start_ticks).second;
      if (is_new && signal_one(process, SIGSTOP)) is_news = true;
    }
  }
}

// Until one that was told to end has, or it is time to look again.
void wait_for_one(const std::vector<ProcessId>& processes) {
  std::vector<Fd> ends;
  std::vector<pollfd> watched;
  for (const ProcessId& process : processes) {
    ends.push_back(open_pidfd(process.pid));
    if (ends.back()) watched.push_back({ends.back().get(), POLLIN, 0});
  }
  static_cast<void>(::poll(watched.data(), watched.size(), limits::kPollInterval));
}

// True where there is no child any more: since who loses its parent becomes our child, there is no
// descendant either.
bool reap_all() {
  for (;;) {
    const pid_t reaped = ::waitpid(-1, nullptr, WNOHANG);
    if (reaped < 0 && errno == EINTR) continue;
    if (reaped <= 0) return reaped < 0;
  }
}

Error still_there(const std::vector<Descendant>& left) {
  std::string names;
  for (const Descendant& one : left) {
    names += names.empty() ? "" : ", ";
    names += std::to_string(one.id.pid);
    if (!one.argv.empty()) names += " (" + printable(one.argv.front()) + ")";
  }
  return Error{ErrorCode::busy, "processes of the rehearsal cannot be ended: " + names,
               "end them (they may be another user's), then try again"};
}

}  // namespace

Status keep_descendants() {
  const int error = adopt_orphans();
  if (error != 0) return errno_error("cannot become the parent of orphans", error);
  return {};
}

std::vector<Descendant> living_descendants() {
  std::vector<Descendant> all;
  for (const ProcessId& process : find_living()) {
    all.push_back({process, arguments_of(process.pid)});
  }
  return all;
}

Status kill_descendants(const Clock& clock, std::int64_t wait_ms) {
  const std::int64_t deadline = clock.monotonic_ms() + wait_ms;
  while (!reap_all()) {
    stop_all(clock, deadline);
    const std::vector<ProcessId> left = find_living();
    for (const ProcessId& process : left) signal_one(process, SIGKILL);
    wait_for_one(left);
    if (is_over(clock, deadline) && !reap_all()) return still_there(living_descendants());
  }
  return {};
}

}  // namespace stagerun::rehearsal
