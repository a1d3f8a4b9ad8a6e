#include "core/base/spawn.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/fd.h"

namespace stagerun {
namespace {

// Numbers below this are for the child; SpawnOptions says so.
constexpr int kAbove = 16;

// In place of a descriptor of ours.
constexpr int kClosed = -1;
constexpr int kNull = -2;  // /dev/null

// What the child has under each number: one of ours, or one of those.
using Sources = std::array<int, kAbove>;

// All that the child needs. It works on our memory, so nothing of this may go before it is done.
struct Child {
  const char* program = nullptr;
  const char* folder = nullptr;  // null: ours
  char* const* argv = nullptr;
  char* const* environment = nullptr;
  Sources sources{};
  sigset_t changed{};  // signals that are not dealt with as by default
  bool own_session = false;
  volatile int error = 0;  // left by the child: why it did not become its program
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

bool is_program(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

// posix_spawnp would search our PATH, not the child's.
std::string find_program(const SpawnOptions& options) {
  const std::string& name = options.argv.front();
  if (name.find('/') != std::string::npos) return name;
  std::string path = "/usr/local/bin:/usr/bin:/bin";
  for (const std::string& entry : options.environment) {
    if (entry.starts_with("PATH=")) path = entry.substr(5);
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    std::string candidate = path.substr(begin, end - begin) + "/" + name;
    if (candidate.front() == '/' && is_program(candidate)) return candidate;
    begin = end + 1;
  }
  return "";
}

// Where what is given stands under a number that something else is placed under, a copy from above
// all of them takes its place: so no dup2 can overwrite what a later one needs. `copies` owns
// those.
Result<Sources> sources_of(const SpawnOptions& options, std::vector<Fd>& copies) {
  Sources sources;
  sources.fill(kClosed);
  std::fill_n(sources.begin(), 3, kNull);
  for (const auto& [ours, number] : options.descriptors) {
    CHECK(number >= 0 && number < kAbove);
    sources[static_cast<std::size_t>(number)] = ours;
  }
  const Sources taken = sources;
  for (int& source : sources) {
    if (source < 0 || source >= kAbove) continue;
    if (taken[static_cast<std::size_t>(source)] == kClosed) continue;
    copies.emplace_back(::fcntl(source, F_DUPFD_CLOEXEC, kAbove));
    if (!copies.back()) return errno_error("cannot copy a descriptor", errno);
    source = copies.back().get();
  }
  return sources;
}

// Looked at once: what we were started with, and what main sets before anybody is started.
const sigset_t& changed_signals() {
  static const sigset_t kChanged = [] {
    sigset_t changed;
    ::sigemptyset(&changed);
    for (int number = 1; number < NSIG; ++number) {
      struct sigaction action {};
      const bool known = ::sigaction(number, nullptr, &action) == 0;
      if (known && action.sa_handler != SIG_DFL) ::sigaddset(&changed, number);
    }
    ::sigaddset(&changed, SIGPIPE);
    return changed;
  }();
  return kChanged;
}

// -- In the child: system calls and nothing else, since all memory is its parent's. -------------

void reset_signals(const sigset_t& changed) {
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) {
    if (::sigismember(&changed, number) == 1) ::sigaction(number, &by_default, nullptr);
  }
}

bool place_null(int number) {
  const int fd = ::open("/dev/null", O_RDWR);
  if (fd < 0 || fd == number) return fd == number;
  const bool placed = ::dup2(fd, number) == number;
  ::close(fd);
  return placed;
}

void close_from(int first) {
  if (::close_range(static_cast<unsigned>(first), ~0U, 0) == 0) return;
  // Some containers forbid what they do not know.
  struct rlimit most {};
  if (::getrlimit(RLIMIT_NOFILE, &most) != 0) return;
  for (int number = first; number < static_cast<int>(most.rlim_cur); ++number) ::close(number);
}

bool place_descriptors(const Sources& sources) {
  int end = 0;
  for (int number = 0; number < kAbove; ++number) {
    const int source = sources[static_cast<std::size_t>(number)];
    if (source >= 0 && ::dup2(source, number) != number) return false;
    if (source != kClosed) end = number + 1;
  }
  for (int number = 0; number < end; ++number) {
    const int source = sources[static_cast<std::size_t>(number)];
    if (source == kNull && !place_null(number)) return false;
    if (source == kClosed) ::close(number);
  }
  close_from(end);
  return true;
}

// The folder before the program: a relative one means the child's folder.
bool prepare(const Child& child) {
  reset_signals(child.changed);
  const bool leads = child.own_session ? ::setsid() > 0 : ::setpgid(0, 0) == 0;
  if (!leads) return false;
  if (child.folder != nullptr && ::chdir(child.folder) != 0) return false;
  if (!place_descriptors(child.sources)) return false;
  sigset_t none;
  ::sigemptyset(&none);
  return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0;
}

[[noreturn]] void become(Child& child) {
  if (prepare(child)) ::execve(child.program, child.argv, child.environment);
  child.error = errno;
  ::_exit(127);
}

// -- In the parent again. -----------------------------------------------------------------------

// vfork, not posix_spawn, which in the child asks for every signal there is, and is a third slower
// in all (ADR 0016). No signal comes in between: a handler of ours would run in the child, too.
pid_t start(Child& child) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  const pid_t pid = ::vfork();
  if (pid == 0) become(child);
  if (pid < 0) child.error = errno;
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  return pid;
}

}  // namespace

Result<pid_t> spawn(const SpawnOptions& options) {
  CHECK(!options.argv.empty());
  const std::string program = find_program(options);
  if (program.empty()) {
    return Error{ErrorCode::surroundings, "cannot start " + options.argv.front() + ": not found",
                 "install it, or check PATH"};
  }
  std::vector<Fd> copies;
  TRY_ASSIGN(const Sources sources, sources_of(options, copies));
  const auto argv = pointers(options.argv);
  const auto environment = pointers(options.environment);
  Child child;
  child.program = program.c_str();
  if (!options.cwd.empty()) child.folder = options.cwd.c_str();
  child.argv = argv.data();
  child.environment = environment.data();
  child.sources = sources;
  child.changed = changed_signals();
  child.own_session = options.own_session;
  const pid_t pid = start(child);
  if (child.error == 0) return pid;
  if (pid > 0) ::waitpid(pid, nullptr, 0);
  return errno_error("cannot start " + options.argv.front(), child.error);
}

std::vector<std::string> own_environment() {
  std::vector<std::string> list;
  for (char** entry = environ; *entry != nullptr; ++entry) list.emplace_back(*entry);
  return list;
}

}  // namespace stagerun
