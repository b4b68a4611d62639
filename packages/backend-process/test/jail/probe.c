// Attacks from inside a jail, one per line of its channel. Answers with a line: `ok`, or the errno's name or number. A
// killed probe does not answer.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long opened(const char *path, int flags) {
  int file = open(path, flags, 0600);
  if (file >= 0) close(file);
  return file;
}

static long as_number(long result) { return result < 0 && result > -4096 ? (errno = (int)-result, -1) : result; }
#define RAW(...) syscall(__VA_ARGS__)

static long read_etc(void) { return opened("/etc/passwd", O_RDONLY); }
static long read_proc(void) { return opened("/proc/self/status", O_RDONLY); }
static long read_proc_root(void) { return opened("/proc/1/root/etc/passwd", O_RDONLY); }
static long read_self(void) { return opened("/probe", O_RDONLY); }
static long write_self(void) { return opened("/probe", O_WRONLY); }
static long create_file(void) { return opened("/new", O_CREAT | O_WRONLY); }
static long create_tmp(void) { return opened("/tmp/new", O_CREAT | O_WRONLY); }
static long list_root(void) { return opened("/", O_RDONLY | O_DIRECTORY); }
static long dot_dot(void) { return opened("/../../../etc/passwd", O_RDONLY); }
static long make_link(void) { return symlink("/etc/passwd", "/link"); }
static long make_folder(void) { return mkdir("/folder", 0700); }
static long remove_self(void) { return unlink("/probe"); }
static long do_chroot(void) { return chroot("/"); }
static long do_mount(void) { return mount("none", "/", "tmpfs", 0, NULL); }
static long do_umount(void) { return umount2("/", MNT_DETACH); }
static long do_unshare(void) { return unshare(CLONE_NEWUSER); }
static long do_setns(void) { return setns(3, 0); }
static long tcp_socket(void) { return socket(AF_INET, SOCK_STREAM, 0); }
static long unix_socket(void) { return socket(AF_UNIX, SOCK_STREAM, 0); }
static long netlink(void) { return socket(AF_NETLINK, SOCK_RAW, 0); }
static long raw_socket(void) { return socket(AF_PACKET, SOCK_RAW, 0); }
static long do_ptrace_parent(void) { return ptrace(PTRACE_ATTACH, getppid(), 0, 0); }
static long do_traceme(void) { return ptrace(PTRACE_TRACEME, 0, 0, 0); }
static long read_memory(void) { return RAW(SYS_process_vm_readv, 1, 0, 0, 0, 0, 0); }
static long kill_parent(void) { return kill(getppid(), SIGKILL); }
static long kill_all(void) { return kill(-1, SIGKILL); }
static long stop_itself(void) { return raise(SIGSTOP); }
static long do_fork(void) { return RAW(SYS_fork); }
static long do_vfork(void) { return RAW(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0); }
static long do_clone(void) { return RAW(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
static long do_clone3(void) { return RAW(SYS_clone3, 0, 0); }
static long clone_namespace(void) { return RAW(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0); }
static long do_exec(void) {
  char *arguments[] = {"/probe", NULL};
  return execve("/probe", arguments, arguments + 1);
}
// Calls at the only address that the filter allows.
static long exec_again(void) {
  void *page = mmap((void *)0x100000, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (page == MAP_FAILED) return -1;
  strcpy(page, "/probe");
  char *arguments[] = {page, NULL};
  return execve(page, arguments, arguments + 1);
}
static long map_over_exec_page(void) {
  return mmap((void *)0x10000, 0x200000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
                 MAP_FAILED
             ? -1
             : 0;
}
static long move_to_exec_page(void) {
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return mremap(page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)0x100000) == MAP_FAILED ? -1 : 0;
}
static long exec_at(void) { return RAW(SYS_execveat, AT_FDCWD, "/probe", NULL, NULL, 0); }
static long do_keyctl(void) { return RAW(SYS_keyctl, 0, -3, 0); }
static long add_key(void) { return RAW(SYS_add_key, "user", "x", "y", 1, -3); }
static long do_bpf(void) { return RAW(SYS_bpf, 0, 0, 0); }
static long perf_event(void) { return RAW(SYS_perf_event_open, 0, 0, -1, -1, 0); }
static long do_userfaultfd(void) { return RAW(SYS_userfaultfd, 0); }
static long io_uring(void) { return RAW(SYS_io_uring_setup, 1, 0); }
static long do_pidfd(void) { return RAW(SYS_pidfd_open, 1, 0); }
static long open_handle(void) { return RAW(SYS_open_by_handle_at, 3, 0, 0); }
static long do_memfd(void) { return RAW(SYS_memfd_create, "x", 0); }
static long do_personality(void) { return RAW(SYS_personality, 0x0400000); }
static long become_root(void) { return RAW(SYS_setresuid, 0, 0, 0); }
static long raise_limit(void) {
  struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
  return setrlimit(RLIMIT_CORE, &limit);
}
static long type_on_terminal(void) { return ioctl(3, TIOCSTI, "x"); }
static long forget_parent(void) { return prctl(PR_SET_PDEATHSIG, 0); }
static long other_architecture(void) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
  return as_number(result);
}
static long x32(void) { return RAW(0x40000000 + SYS_getpid); }
static long inherited(void) {
  long count = 0;
  for (int file = 4; file < 1024; file++) count += fcntl(file, F_GETFD) >= 0;
  return count;
}
extern char **environ;
static long variables(void) {
  long count = 0;
  for (char **at = environ; *at != NULL; at++) count++;
  return count;
}
static long open_many(void) {
  long count = 0;
  while (eventfd(0, 0) >= 0) count++;
  return count;
}
static long core_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_CORE, &limit);
  return (long)(limit.rlim_cur | limit.rlim_max);
}
// MiB that could be written; at most 4096.
static long take_memory(void) {
  for (long taken = 0; taken < 4096; taken++) {
    char *block = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return taken;
    for (int i = 0; i < 1 << 20; i += 4096) block[i] = 1;
  }
  return 4096;
}
static long whoami(void) { return (long)getuid(); }
static long process(void) { return (long)getpid(); }
static long burn(void) {
  volatile long zero = 0;
  while (zero == 0) {}
  return zero;
}
static long babble(void) {
  static char bytes[65536];
  memset(bytes, 0xff, sizeof bytes);
  while (write(3, bytes, sizeof bytes) > 0) {}
  return 0;
}
static long last_words(void) {
  for (int i = 0; i < 10000; i++) fprintf(stderr, "\033[31mline %d\007\r\n", i);
  fprintf(stderr, "the end\n");
  return 0;
}

#define ATTACK(name) {#name, name}
static const struct {
  const char *name;
  long (*run)(void);
} attacks[] = {
    // clang-format off
    ATTACK(read_etc), ATTACK(read_proc), ATTACK(read_proc_root), ATTACK(read_self), ATTACK(write_self),
    ATTACK(create_file), ATTACK(create_tmp), ATTACK(list_root), ATTACK(dot_dot), ATTACK(make_link),
    ATTACK(make_folder), ATTACK(remove_self), ATTACK(do_chroot), ATTACK(do_mount), ATTACK(do_umount),
    ATTACK(do_unshare), ATTACK(do_setns), ATTACK(tcp_socket), ATTACK(unix_socket), ATTACK(netlink),
    ATTACK(raw_socket), ATTACK(do_ptrace_parent), ATTACK(do_traceme), ATTACK(read_memory), ATTACK(kill_parent),
    ATTACK(kill_all), ATTACK(stop_itself), ATTACK(do_fork), ATTACK(do_vfork), ATTACK(do_clone), ATTACK(do_clone3),
    ATTACK(clone_namespace), ATTACK(do_exec), ATTACK(exec_again), ATTACK(map_over_exec_page),
    ATTACK(move_to_exec_page), ATTACK(exec_at), ATTACK(do_keyctl), ATTACK(add_key), ATTACK(do_bpf),
    ATTACK(perf_event), ATTACK(do_userfaultfd), ATTACK(io_uring), ATTACK(do_pidfd), ATTACK(open_handle),
    ATTACK(do_memfd), ATTACK(do_personality), ATTACK(become_root), ATTACK(raise_limit), ATTACK(type_on_terminal),
    ATTACK(forget_parent), ATTACK(other_architecture), ATTACK(x32), ATTACK(inherited), ATTACK(variables),
    ATTACK(open_many), ATTACK(core_limit), ATTACK(take_memory), ATTACK(whoami), ATTACK(process), ATTACK(burn),
    ATTACK(babble), ATTACK(last_words),
    // clang-format on
};

static const char *name_of(int error) {
  switch (error) {
    case EPERM: return "EPERM";
    case EACCES: return "EACCES";
    case ENOENT: return "ENOENT";
    case ENOSYS: return "ENOSYS";
    case EROFS: return "EROFS";
    case ESRCH: return "ESRCH";
    default: return NULL;
  }
}

static void answer(const char *name) {
  char text[64];
  for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
    if (strcmp(attacks[i].name, name) != 0) continue;
    errno = 0;
    long result = attacks[i].run();
    if (result >= 0) snprintf(text, sizeof text, "%ld\n", result);
    else if (name_of(errno) != NULL) snprintf(text, sizeof text, "%s\n", name_of(errno));
    else snprintf(text, sizeof text, "errno %d\n", errno);
    if (write(3, text, strlen(text)) < 0) exit(2);
    return;
  }
  if (write(3, "no such attack\n", 15) < 0) exit(2);
}

int main(void) {
  static char line[256];
  for (size_t length = 0; read(3, line + length, 1) == 1 && length + 1 < sizeof line;) {
    if (line[length++] != '\n') continue;
    line[length - 1] = 0;
    answer(line);
    length = 0;
  }
  return 0;
}
