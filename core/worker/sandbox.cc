#include "core/worker/sandbox.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
#include <memory>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

#include <asm/sockios.h>
#include <sched.h>
#include <seccomp.h>

#include "core/base/limits.h"

namespace stagerun {
namespace {

// Refused whatever their arguments are. A plugin asks the host for what these would do.
constexpr int kRefused[] = {
    // The network. The control socket is open already; data goes through it as before.
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
    SCMP_SYS(accept), SCMP_SYS(accept4),
    // Other programs and processes.
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(kcmp), SCMP_SYS(move_pages),
    SCMP_SYS(migrate_pages),
    // Ways around system call filters, and doors with a history.
    SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(keyctl), SCMP_SYS(add_key),
    SCMP_SYS(request_key), SCMP_SYS(open_by_handle_at), SCMP_SYS(fanotify_init),
    SCMP_SYS(personality), SCMP_SYS(vhangup),
    // Mounts and namespaces.
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(mount_setattr), SCMP_SYS(move_mount),
    SCMP_SYS(open_tree), SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick),
    SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare), SCMP_SYS(setns),
    // The machine.
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff),
    SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(syslog), SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(adjtimex),
    SCMP_SYS(clock_adjtime), SCMP_SYS(iopl), SCMP_SYS(ioperm),
    // Other users.
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
    SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid),
    SCMP_SYS(capset),
    // Of files: what Landlock has no right for. Whoever may read a file could shut it to others.
    SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown),
    SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr),
    SCMP_SYS(fsetxattr), SCMP_SYS(removexattr), SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr),
    SCMP_SYS(utime), SCMP_SYS(utimes), SCMP_SYS(futimesat), SCMP_SYS(utimensat),
    SCMP_SYS(quotactl_fd),
    // What has a key or a name instead of a path, and outlives its maker.
    SCMP_SYS(shmget), SCMP_SYS(shmat), SCMP_SYS(shmctl), SCMP_SYS(semget), SCMP_SYS(semop),
    SCMP_SYS(semtimedop), SCMP_SYS(semctl), SCMP_SYS(msgget), SCMP_SYS(msgsnd), SCMP_SYS(msgrcv),
    SCMP_SYS(msgctl), SCMP_SYS(mq_open), SCMP_SYS(mq_unlink),
    // The run's lock is shared with the host: unlocked here, it is unlocked there.
    SCMP_SYS(flock)};

// Newer than the library that writes the filter: fchmodat2, setxattrat, removexattrat,
// open_tree_attr, file_setattr. Their numbers are the same on every machine that we build for.
constexpr int kNewer[] = {452, 463, 466, 467, 469};

// Signals to ourselves stay possible: abort() needs them.
constexpr int kOnlyToOurselves[] = {SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(tgkill),
                                    SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo)};

// How much of the machine somebody else gets; 0 is whoever calls.
constexpr int kOnlyOfOurselves[] = {SCMP_SYS(sched_setaffinity), SCMP_SYS(sched_setscheduler),
                                    SCMP_SYS(sched_setparam), SCMP_SYS(sched_setattr),
                                    SCMP_SYS(prlimit64)};

// A descriptor that may only be read is enough for them: flags, labels, seals and keys of a file,
// and a whole file system that stands still.
constexpr unsigned long kOfFilesAndDisks[] = {FS_IOC_SETFLAGS,
                                              FS_IOC_FSSETXATTR,
                                              FS_IOC_SETVERSION,
                                              FS_IOC_ENABLE_VERITY,
                                              FIFREEZE,
                                              FS_IOC_SET_ENCRYPTION_POLICY,
                                              FS_IOC_SETFSLABEL,
                                              FITHAW,
                                              FITRIM};

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

// libseccomp gives errors as negative errno; the first one is kept.
class Rules {
 public:
  explicit Rules(scmp_filter_ctx filter) : filter_(filter) {}

  void refuse(int call) { keep(seccomp_rule_add(filter_, SCMP_ACT_ERRNO(EPERM), call, 0)); }
  void hide(int call) { keep(seccomp_rule_add(filter_, SCMP_ACT_ERRNO(ENOSYS), call, 0)); }
  void refuse_where(int call, scmp_arg_cmp condition) {
    keep(seccomp_rule_add_array(filter_, SCMP_ACT_ERRNO(EPERM), call, 1, &condition));
  }
  void load() {
    if (result_ == 0) keep(seccomp_load(filter_));
  }
  void keep(int result) {
    if (result_ == 0) result_ = result;
  }
  int result() const { return result_; }

 private:
  scmp_filter_ctx filter_;
  int result_ = 0;
};

constexpr scmp_arg_cmp argument(unsigned index, scmp_compare how, scmp_datum_t a,
                                scmp_datum_t b = 0) {
  return {.arg = index, .op = how, .datum_a = a, .datum_b = b};
}

// A descriptor that signals whoever it is told to is a kill() with other words; and what is typed
// into a terminal is done by whoever reads there.
void refuse_signals(Rules& rules) {
  const auto self = static_cast<scmp_datum_t>(::getpid());
  for (const int call : kOnlyToOurselves) rules.refuse_where(call, argument(0, SCMP_CMP_NE, self));
  for (const int command : {F_SETOWN, F_SETOWN_EX, F_SETSIG}) {
    rules.refuse_where(SCMP_SYS(fcntl), argument(1, SCMP_CMP_MASKED_EQ, UINT32_MAX,
                                                 static_cast<scmp_datum_t>(command)));
  }
  for (const int command : {FIOSETOWN, SIOCSPGRP, TIOCSTI, TIOCLINUX}) {
    rules.refuse_where(SCMP_SYS(ioctl), argument(1, SCMP_CMP_MASKED_EQ, UINT32_MAX,
                                                 static_cast<scmp_datum_t>(command)));
  }
}

// `which` is a process, and `who` is ourselves: a group's, or a user's, may be others'.
void refuse_limiting(Rules& rules) {
  for (const int call : kOnlyOfOurselves) rules.refuse_where(call, argument(0, SCMP_CMP_NE, 0));
  constexpr scmp_datum_t kIoOfProcess = 1;  // IOPRIO_WHO_PROCESS, which no header of libc has
  for (const auto& [call, process] : {std::pair{SCMP_SYS(setpriority), scmp_datum_t{PRIO_PROCESS}},
                                      {SCMP_SYS(ioprio_set), kIoOfProcess}}) {
    rules.refuse_where(call, argument(0, SCMP_CMP_NE, process));
    rules.refuse_where(call, argument(1, SCMP_CMP_NE, 0));
  }
}

void refuse_marking(Rules& rules) {
  for (const unsigned long command : kOfFilesAndDisks) {
    rules.refuse_where(SCMP_SYS(ioctl), argument(1, SCMP_CMP_MASKED_EQ, UINT32_MAX, command));
  }
}

// Opening a file that may only be read truncates it where it is asked to.
void refuse_truncating(Rules& rules) {
  rules.refuse(SCMP_SYS(truncate));
  for (const auto& [call, flags] : {std::pair{SCMP_SYS(open), 1u}, {SCMP_SYS(openat), 2u}}) {
    rules.refuse_where(
        call, argument(flags, SCMP_CMP_MASKED_EQ, O_TRUNC | O_ACCMODE, O_TRUNC | O_RDONLY));
  }
  rules.hide(SCMP_SYS(openat2));  // its flags are in memory, which no filter can read
}

}  // namespace

Status enter_sandbox(bool may_truncate) {
  const Filter filter(seccomp_init(SCMP_ACT_ALLOW), seccomp_release);
  if (!filter) return errno_error("cannot prepare the sandbox", ENOMEM);
  Rules rules(filter.get());
  // A call of another architecture (32 bits, x32) is a way around these numbers.
  rules.keep(seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM)));
  for (const int call : kRefused) rules.refuse(call);
  for (const int call : kNewer) rules.refuse(call);
  refuse_signals(rules);
  refuse_limiting(rules);
  refuse_marking(rules);
  if (!may_truncate) refuse_truncating(rules);
  // A thread is a clone with CLONE_THREAD; without it, it is a process. The flags of clone3 are in
  // memory, which no filter can read: glibc takes clone where clone3 does not exist.
  rules.refuse_where(SCMP_SYS(clone), argument(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
  rules.hide(SCMP_SYS(clone3));
  rules.load();
  if (rules.result() == 0) return {};
  Error error = errno_error("cannot enter the sandbox", -rules.result());
  error.hint = "this kernel must offer seccomp filters (CONFIG_SECCOMP_FILTER)";
  return error;
}

Status limit_resources() {
  struct Limit {
    __rlimit_resource_t resource;
    rlim_t most;
  };
  constexpr Limit kLimits[] = {
    {RLIMIT_CORE, 0},
    {RLIMIT_NOFILE, limits::kWorkerDescriptors},
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    // Not under sanitizers, which map terabytes and touch little of them.
    {RLIMIT_DATA, limits::kWorkerMemoryBytes},
#endif
  };
  for (const auto& [resource, most] : kLimits) {
    rlimit limit{};
    if (::getrlimit(resource, &limit) != 0) return errno_error("cannot read a limit", errno);
    limit.rlim_max = limit.rlim_cur = std::min(limit.rlim_max, most);
    if (::setrlimit(resource, &limit) != 0) return errno_error("cannot set a limit", errno);
  }
  return {};
}

}  // namespace stagerun
