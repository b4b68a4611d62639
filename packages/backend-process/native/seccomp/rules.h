// The system calls that a jailed process may make. Allowlists: other calls fail or kill.
//
//   node     Node 20, threads included. Harmless attempts fail with EPERM or ENOSYS; a call that only an attack
//            makes kills.
//   zygote   the program that forks once per call. It runs no guest instruction, so anything else kills.
//   child    the zygote's additional filter before guest code runs in a fork. Anything else kills.
#ifndef COLONY_SECCOMP_RULES_H
#define COLONY_SECCOMP_RULES_H

#include "../jail/exec_page.h"

#include <asm/prctl.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

enum { MOST_CONDITIONS = 4 };

struct rule {
  const char *name;
  uint32_t action;
  struct scmp_arg_cmp conditions[MOST_CONDITIONS + 1];  // all must hold; the last has no operator
};

struct filter {
  const char *name;
  uint32_t otherwise;
  const struct rule *rules;
};

#define ALLOW(call) {.name = call, .action = SCMP_ACT_ALLOW}
#define KILL(call) {.name = call, .action = SCMP_ACT_KILL_PROCESS}
#define FAIL(call, error) {.name = call, .action = SCMP_ACT_ERRNO(error)}
#define ALLOW_IF(call, ...) {.name = call, .action = SCMP_ACT_ALLOW, .conditions = {__VA_ARGS__}}
#define END {.name = NULL}
#define IS(argument, value) {argument, SCMP_CMP_EQ, (uint64_t)(value), 0}
#define AT_LEAST(argument, value) {argument, SCMP_CMP_GE, (uint64_t)(value), 0}
#define AT_MOST(argument, value) {argument, SCMP_CMP_LE, (uint64_t)(value), 0}
// Exactly the bits of `value` are set among the bits in `mask`.
#define BITS(argument, mask, value) {argument, SCMP_CMP_MASKED_EQ, (uint64_t)(mask), (uint64_t)(value)}

// The kernel chooses the address, or the range does not cover the page from which the jail's only execve takes its path
// (see exec_page.h). MAP_FIXED at address 0 is refused if the kernel does not already refuse it.
#define ALLOW_MMAP(protection)                                                          \
  ALLOW_IF("mmap", IS(0, 0), BITS(3, MAP_FIXED | MAP_FIXED_NOREPLACE, 0), protection),  \
      ALLOW_IF("mmap", AT_LEAST(0, EXEC_PAGE_END), protection)
#define ANY_PROTECTION BITS(2, 0, 0)
#define NOT_EXECUTABLE BITS(2, PROT_EXEC, 0)
#define ALLOW_MREMAP ALLOW_IF("mremap", BITS(3, MREMAP_FIXED | MREMAP_DONTUNMAP, 0))
#define ALLOW_OWN_LIMITS_READ ALLOW_IF("prlimit64", IS(0, 0), IS(2, 0))
#define ALLOW_ONE_EXEC ALLOW_IF("execve", IS(0, EXEC_PAGE))
// For the jail's report, which is written after the filter is active.
#define ALLOW_REPORT ALLOW_IF("prctl", IS(0, PR_GET_SECCOMP))

// Our programs never make these calls.
#define KILL_ATTACKS                                                                                                  \
  KILL("ptrace"), KILL("process_vm_readv"), KILL("process_vm_writev"), KILL("process_madvise"), KILL("kcmp"),         \
      KILL("pidfd_open"), KILL("pidfd_getfd"), KILL("pidfd_send_signal"), KILL("bpf"), KILL("perf_event_open"),       \
      KILL("userfaultfd"), KILL("init_module"), KILL("finit_module"), KILL("delete_module"), KILL("kexec_load"),      \
      KILL("kexec_file_load"), KILL("mount"), KILL("umount2"), KILL("pivot_root"), KILL("chroot"), KILL("unshare"),   \
      KILL("setns"), KILL("fsopen"), KILL("fsconfig"), KILL("fsmount"), KILL("fspick"), KILL("move_mount"),           \
      KILL("open_tree"), KILL("mount_setattr"), KILL("keyctl"), KILL("add_key"), KILL("request_key"),                 \
      KILL("open_by_handle_at"), KILL("name_to_handle_at"), KILL("execveat"), KILL("swapon"), KILL("swapoff"),        \
      KILL("reboot"), KILL("acct"), KILL("quotactl"), KILL("settimeofday"), KILL("clock_settime"), KILL("adjtimex"),  \
      KILL("clock_adjtime"), KILL("iopl"), KILL("ioperm"), KILL("modify_ldt"), KILL("personality"),                   \
      KILL("lookup_dcookie"), KILL("syslog"), KILL("sethostname"), KILL("setdomainname"), KILL("vhangup"),            \
      KILL("fork"), KILL("vfork"), KILL("seccomp")

// clang-format off
static const struct rule node_rules[] = {
    // Memory. Node generates code at run time, so pages may be executable.
    ALLOW_MMAP(ANY_PROTECTION), ALLOW_MREMAP, ALLOW("munmap"), ALLOW("mprotect"), ALLOW("madvise"), ALLOW("brk"),
    ALLOW("pkey_alloc"), ALLOW("pkey_free"), ALLOW("pkey_mprotect"),
    // Threads, but no processes. clone3 hides its flags in memory, and the C library works without it.
    ALLOW_IF("clone", BITS(0, CLONE_THREAD | CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET, CLONE_THREAD)),
    FAIL("clone3", ENOSYS), ALLOW("futex"), ALLOW("set_robust_list"), ALLOW("set_tid_address"), ALLOW("rseq"),
    ALLOW("gettid"), ALLOW("sched_yield"), ALLOW("sched_getaffinity"), ALLOW("exit"), ALLOW("exit_group"),
    ALLOW("membarrier"), ALLOW_IF("arch_prctl", IS(0, ARCH_SET_FS)),
    // The channel and the event loop's own descriptors.
    ALLOW("read"), ALLOW("write"), ALLOW("readv"), ALLOW("writev"), ALLOW("close"), ALLOW("poll"), ALLOW("ppoll"),
    ALLOW("epoll_create1"), ALLOW("epoll_ctl"), ALLOW("epoll_wait"), ALLOW("epoll_pwait"), ALLOW("eventfd2"),
    ALLOW("pipe2"), ALLOW_IF("fcntl", IS(1, F_GETFD)), ALLOW_IF("fcntl", IS(1, F_SETFD)),
    ALLOW_IF("fcntl", IS(1, F_GETFL)), ALLOW_IF("fcntl", IS(1, F_SETFL)), ALLOW_IF("fcntl", IS(1, F_DUPFD_CLOEXEC)),
    // Queries before a write to stderr.
    ALLOW_IF("getsockopt", IS(1, SOL_SOCKET)), ALLOW("getsockname"), ALLOW_IF("ioctl", IS(1, FIONBIO)),
    ALLOW_IF("ioctl", IS(1, FIOCLEX)),
    FAIL("io_uring_setup", ENOSYS), FAIL("io_uring_enter", ENOSYS), FAIL("io_uring_register", ENOSYS),
    // Reading the program's own files.
    ALLOW_IF("openat", BITS(2, O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_TMPFILE, 0)), ALLOW("pread64"),
    ALLOW("fstat"), ALLOW("stat"), ALLOW("lstat"), ALLOW("newfstatat"), ALLOW("statx"), ALLOW("lseek"),
    ALLOW("access"), ALLOW("faccessat"), ALLOW("faccessat2"), ALLOW("readlink"), ALLOW("getcwd"),
    // Handling of signals. The filter allows no call that sends one, so they come only from the kernel.
    ALLOW("rt_sigaction"), ALLOW("rt_sigprocmask"), ALLOW("rt_sigreturn"), ALLOW("sigaltstack"),
    // Queries about itself and the time.
    ALLOW("getpid"), ALLOW("getuid"), ALLOW("geteuid"), ALLOW("getgid"), ALLOW("getegid"), ALLOW("uname"),
    ALLOW("sysinfo"), ALLOW("getrusage"), ALLOW("getrlimit"), ALLOW_OWN_LIMITS_READ, ALLOW("capget"),
    ALLOW("clock_gettime"), ALLOW("clock_getres"), ALLOW("clock_nanosleep"), ALLOW("nanosleep"),
    ALLOW("gettimeofday"), ALLOW("restart_syscall"), ALLOW("getrandom"), ALLOW_IF("prctl", IS(0, PR_SET_NAME)),
    ALLOW_REPORT, ALLOW_ONE_EXEC, KILL_ATTACKS, END,
};

static const struct rule zygote_rules[] = {
    ALLOW_MMAP(NOT_EXECUTABLE), ALLOW_IF("mprotect", BITS(2, PROT_EXEC, 0)), ALLOW("munmap"),
    ALLOW_IF("madvise", IS(2, MADV_DONTFORK)),
    // Forks, which share nothing. Kill reaches only its own children, because its pid namespace contains nothing else.
    ALLOW_IF("clone", IS(0, SIGCHLD)), ALLOW("wait4"), ALLOW_IF("kill", AT_MOST(0, 0x7fffffff), IS(1, SIGKILL)),
    ALLOW("read"), ALLOW("write"), ALLOW("writev"), ALLOW("close"), ALLOW("close_range"), ALLOW("poll"), ALLOW("dup2"),
    ALLOW_IF("socketpair", IS(0, AF_UNIX)), ALLOW_IF("recvfrom", IS(4, 0)), ALLOW("sendmsg"),
    ALLOW_IF("rt_sigaction", AT_MOST(0, SIGSEGV)), ALLOW("sigaltstack"), ALLOW_IF("prlimit64", IS(0, 0)),
    ALLOW_IF("prctl", IS(0, PR_SET_DUMPABLE)), ALLOW_IF("prctl", IS(0, PR_SET_PDEATHSIG)),
    ALLOW_IF("prctl", IS(0, PR_SET_SECCOMP)), ALLOW("clock_gettime"), ALLOW("exit_group"), ALLOW("restart_syscall"),
    ALLOW_IF("arch_prctl", IS(0, ARCH_SET_FS)), ALLOW_REPORT, ALLOW_ONE_EXEC, END,
};

// Guest code, and the runtime that is linked with it: bytes to and from the zygote, more of the reserved heap, its own
// thread pointer, and exit.
static const struct rule child_rules[] = {
    ALLOW("read"), ALLOW("write"), ALLOW("writev"), ALLOW("exit_group"),
    ALLOW_IF("mprotect", IS(2, PROT_READ | PROT_WRITE)), ALLOW_IF("arch_prctl", IS(0, ARCH_SET_FS)), END,
};
// clang-format on

static const struct filter filters[] = {
    {"node", SCMP_ACT_ERRNO(EPERM), node_rules},
    {"zygote", SCMP_ACT_KILL_PROCESS, zygote_rules},
    {"child", SCMP_ACT_KILL_PROCESS, child_rules},
};
enum { FILTERS = sizeof filters / sizeof *filters };

#endif
