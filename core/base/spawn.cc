#include "core/base/spawn.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/fd.h"

namespace stagerun {
namespace {

// Numbers below this are for the child; SpawnOptions says so.
constexpr int kAbove = 16;

class FileActions {
 public:
  FileActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  explicit Attributes(bool own_session) {
    ::posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    const int group = own_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
    ::posix_spawnattr_setflags(
        &attributes_, static_cast<short>(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | group));
  }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
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

using Numbers = std::array<bool, kAbove>;

// The numbers that the child has something under.
Numbers given_numbers(const SpawnOptions& options) {
  Numbers given{};
  for (std::size_t standard = 0; standard < 3; ++standard) given[standard] = true;
  for (const auto& [ours, number] : options.descriptors) {
    CHECK(number >= 0 && number < kAbove);
    given[static_cast<std::size_t>(number)] = true;
  }
  return given;
}

// One of ours for each that the child gets, of a number that nothing is placed under: so no dup2
// can overwrite a descriptor that a later one needs. `copies` owns those that had to be made.
Result<std::vector<int>> clear_of(const Numbers& given, const SpawnOptions& options,
                                  std::vector<Fd>& copies) {
  std::vector<int> sources;
  for (const auto& [ours, number] : options.descriptors) {
    sources.push_back(ours);
    if (ours >= kAbove || !given[static_cast<std::size_t>(ours)]) continue;
    copies.emplace_back(::fcntl(ours, F_DUPFD_CLOEXEC, kAbove));
    if (!copies.back()) return errno_error("cannot copy a descriptor", errno);
    sources.back() = copies.back().get();
  }
  return sources;
}

void place_descriptors(const SpawnOptions& options, const Numbers& given,
                       const std::vector<int>& sources, posix_spawn_file_actions_t* actions) {
  Numbers placed{};
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const int number = options.descriptors[i].second;
    ::posix_spawn_file_actions_adddup2(actions, sources[i], number);
    placed[static_cast<std::size_t>(number)] = true;
  }
  for (int standard = 0; standard < 3; ++standard) {
    if (placed[static_cast<std::size_t>(standard)]) continue;
    ::posix_spawn_file_actions_addopen(actions, standard, "/dev/null", O_RDWR, 0);
  }
  const auto last = std::find(given.rbegin(), given.rend(), true);
  const auto end = static_cast<int>(given.rend() - last);
  for (int number = 3; number < end; ++number) {
    if (given[static_cast<std::size_t>(number)]) continue;
    ::posix_spawn_file_actions_addclose(actions, number);
  }
  ::posix_spawn_file_actions_addclosefrom_np(actions, end);
}

}  // namespace

Result<pid_t> spawn(const SpawnOptions& options) {
  CHECK(!options.argv.empty());
  const std::string program = find_program(options);
  if (program.empty()) {
    return Error{ErrorCode::surroundings, "cannot start " + options.argv.front() + ": not found",
                 "install it, or check PATH"};
  }
  const Numbers given = given_numbers(options);
  std::vector<Fd> copies;
  TRY_ASSIGN(const std::vector<int> sources, clear_of(given, options, copies));
  FileActions actions;
  // The child's folder first: descriptors are ours, and a relative program means the child's
  // folder.
  if (!options.cwd.empty()) {
    ::posix_spawn_file_actions_addchdir_np(actions.get(), options.cwd.c_str());
  }
  place_descriptors(options, given, sources, actions.get());
  const Attributes attributes(options.own_session);
  const auto argv = pointers(options.argv);
  const auto environment = pointers(options.environment);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, program.c_str(), actions.get(), attributes.get(),
                                  argv.data(), environment.data());
  if (error != 0) return errno_error("cannot start " + options.argv.front(), error);
  return pid;
}

std::vector<std::string> own_environment() {
  std::vector<std::string> list;
  for (char** entry = environ; *entry != nullptr; ++entry) list.emplace_back(*entry);
  return list;
}

}  // namespace stagerun
