#include "core/worker/landlock.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/fd.h"

namespace stagerun {
namespace {

// Newer than the headers of the oldest system that we build on.
constexpr std::uint64_t kTruncate = 1u << 14;
constexpr std::uint64_t kDeviceControl = 1u << 15;

constexpr std::uint64_t kReadFile = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr std::uint64_t kRead = kReadFile | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWriteFile = LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
// All that a folder of one's own needs; no devices, no sockets.
constexpr std::uint64_t kWrite = kRead | kWriteFile | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                 LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;
// What makes sense for anything but a folder; the kernel refuses a rule that asks for more.
constexpr std::uint64_t kOfFiles = kReadFile | kWriteFile;

struct Rule {
  const char* path;
  std::uint64_t rights;
};

// What libraries read without being asked. Of /etc only what the C library, time zones and
// certificates take: keys and passwords lie there too, and some of us are root.
constexpr Rule kSystem[] = {
    {"/usr", kRead},
    {"/lib", kRead},
    {"/lib32", kRead},
    {"/lib64", kRead},
    {"/nix/store", kRead},
    {"/gnu/store", kRead},
    {"/etc/ld.so.cache", kRead},
    {"/etc/ld.so.preload", kRead},
    {"/etc/localtime", kRead},
    {"/etc/timezone", kRead},
    {"/etc/locale.alias", kRead},
    {"/etc/os-release", kRead},
    {"/etc/nsswitch.conf", kRead},
    {"/etc/passwd", kRead},
    {"/etc/group", kRead},
    {"/etc/hosts", kRead},
    {"/etc/services", kRead},
    {"/etc/protocols", kRead},
    {"/etc/mime.types", kRead},
    {"/etc/ssl/openssl.cnf", kRead},
    {"/etc/ssl/certs", kRead},
    {"/etc/ca-certificates", kRead},
    {"/etc/pki/tls/certs", kRead},
    {"/etc/pki/ca-trust", kRead},
    {"/proc/self", kRead},
    {"/proc/cpuinfo", kRead},
    {"/proc/meminfo", kRead},
    {"/sys/devices/system/cpu", kRead},
    {"/dev/null", kReadFile | LANDLOCK_ACCESS_FS_WRITE_FILE},
    {"/dev/zero", kRead},
    {"/dev/random", kRead},
    {"/dev/urandom", kRead},
};

class Ruleset {
 public:
  static Result<Ruleset> make(std::uint64_t rights) {
    const landlock_ruleset_attr attributes{.handled_access_fs = rights};
    Fd fd(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
    if (!fd) return errno_error("cannot make Landlock rules", errno);
    return Ruleset(std::move(fd), rights);
  }

  // Opens up what is at `path`, and all below it. What is not there needs no rule.
  Status allow(const std::filesystem::path& path, std::uint64_t rights, int flags = 0) const {
    const Fd place(::open(path.c_str(), O_PATH | O_CLOEXEC | flags));
    if (!place) return {};
    struct stat info {};
    if (::fstat(place.get(), &info) != 0)
      return errno_error("cannot look at " + path.string(), errno);
    if (!S_ISDIR(info.st_mode)) rights &= kOfFiles;
    const landlock_path_beneath_attr rule{.allowed_access = rights & handled_,
                                          .parent_fd = place.get()};
    if (rule.allowed_access == 0) return {};
    if (::syscall(SYS_landlock_add_rule, fd_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0) {
      return {};
    }
    return errno_error("cannot make a Landlock rule for " + path.string(), errno);
  }

  Status enforce() const {
    if (::syscall(SYS_landlock_restrict_self, fd_.get(), 0) == 0) return {};
    return errno_error("cannot enter the Landlock rules", errno);
  }

 private:
  Ruleset(Fd fd, std::uint64_t handled) : fd_(std::move(fd)), handled_(handled) {}

  Fd fd_;
  std::uint64_t handled_;
};

// The workspace is the user's: a link in it leads where the user may go and a plugin may not.
Status allow_workspace(const Ruleset& rules, const Bounds& bounds) {
  TRY_ASSIGN(const auto parts, readable_parts(bounds));
  for (const Part& part : parts) TRY(rules.allow(part.path, kRead, O_NOFOLLOW));
  for (const auto& folder : way_to_runs(bounds)) {
    TRY(rules.allow(folder, LANDLOCK_ACCESS_FS_READ_DIR, O_NOFOLLOW));
  }
  return {};
}

}  // namespace

int landlock_version() {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version > 0 ? static_cast<int>(version) : 0;
}

std::uint64_t landlock_rights(int version) {
  if (version < 1) return 0;
  std::uint64_t rights = LANDLOCK_ACCESS_FS_REFER - 1;  // all that version 1 knows are below it
  if (version >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) rights |= kTruncate;
  if (version >= 5) rights |= kDeviceControl;
  return rights;
}

Status enter_landlock(int version, const std::filesystem::path& plugin, const Bounds& bounds) {
  TRY_ASSIGN(const Ruleset rules, Ruleset::make(landlock_rights(version)));
  for (const Rule& rule : kSystem) TRY(rules.allow(rule.path, rule.rights));
  TRY(rules.allow("/proc/self/exe", kRead));  // where a crash looks its own names up
  TRY(rules.allow(plugin, kRead));
  TRY(allow_workspace(rules, bounds));
  if (!bounds.scratch.empty()) TRY(rules.allow(bounds.scratch, kWrite, O_NOFOLLOW));
  return rules.enforce();
}

}  // namespace stagerun
